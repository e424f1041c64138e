"""For gunicorn run by itself: `gunicorn -c gunicorn.conf.py 'timebank.app:create_app()'`.

`timebank serve --workers N` does the same with a job worker in each process; here `timebank worker`
has to run beside it.
"""

from gunicorn.http import wsgi

from timebank.running import logs
from timebank.running.serving import CONNECTIONS, THREADS

wsgi.SERVER = ""
bind = "127.0.0.1:8000"
workers = 3
worker_class = "gthread"
threads = THREADS
worker_connections = CONNECTIONS
timeout = 300
graceful_timeout = 60


def post_fork(server, worker):
    logs.install()
