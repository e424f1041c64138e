from sqlalchemy import text
def test_x(session): assert session.execute(text("select count(*) from entry")).scalar() == 0
def test_y(app): assert app
