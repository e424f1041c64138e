"""The wheel: what is installed from it works without the checkout."""

import os
import pathlib
import subprocess
import sys
import sysconfig
import venv
import zipfile

import pytest

ROOT = pathlib.Path(__file__).parent.parent

LOOK = """
import pathlib, timebank
from timebank.app import create_app
from timebank.config import Config, MIGRATIONS, TEMPLATES
client = create_app(Config.from_environment(base_url="http://localhost")).test_client()
for page in ("/", "/b/fife/", "/sign-in", "/static/look.css", "/api/v1/openapi.json"):
    assert client.get(page, follow_redirects=True).status_code == 200, page
from timebank import voices
from timebank.config import TRANSLATIONS
from timebank.say import say
assert list(TRANSLATIONS.glob("*/LC_MESSAGES/messages.mo"))
assert say("Messages").render(voices.voice("es")) == "Mensajes"
typed = pathlib.Path(timebank.__file__).with_name("py.typed")
for place in (timebank.__file__, typed, MIGRATIONS, TEMPLATES):
    print(pathlib.Path(place).resolve(strict=True))
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> pathlib.Path:
    """The folder of programs of an environment with the wheel in it, and the packages it needs
    borrowed from ours."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run(
        [*pip, "wheel", "--no-deps", "--no-build-isolation", "--no-index", "-w", folder, ROOT],
        check=True,
    )
    (wheel,) = folder.glob("timebank-*.whl")
    environment = folder / "environment"
    builder = venv.EnvBuilder(with_pip=False)
    builder.create(environment)
    programs = pathlib.Path(builder.ensure_directories(environment).bin_path)
    (python,) = programs.glob("python.exe" if os.name == "nt" else "python")
    subprocess.run(
        [*pip, "--python", python, "install", "--no-deps", "--no-index", wheel], check=True
    )
    site = subprocess.check_output(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
    ).strip()
    (pathlib.Path(site) / "borrowed.pth").write_text(sysconfig.get_path("purelib"))
    return programs


def run(programs: pathlib.Path, folder: pathlib.Path, program: str, *words: str) -> str:
    """What one of the environment's programs prints, run in `folder` with nothing of the checkout
    in reach."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "TIMEBANK_"))
    }
    done = subprocess.run(
        [programs / program, *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_bank_is_opened_looked_at_and_proved_from_the_wheel_alone(installed, tmp_path):
    assert "/sign-in/link/" in run(
        installed, tmp_path, "timebank", "init", "--bank", "Fife", "--slug", "fife"
    )
    places = run(installed, tmp_path, "python", "-c", LOOK).splitlines()
    assert len(places) == 4
    for place in places:
        assert pathlib.Path(place).is_relative_to(installed.parent.resolve()), (
            "Something came from the checkout."
        )
    run(installed, tmp_path, "timebank", "ledger", "check", "--bank", "fife")
    assert {file.name for file in tmp_path.iterdir()} >= {"timebank.sqlite3", "timebank.env"}


def test_the_wheel_carries_what_others_ask_to_be_handed_on(installed):
    (wheel,) = installed.parent.parent.glob("timebank-*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    notices = {name.partition("/licenses/")[2] for name in names if "/licenses/" in name}
    assert notices == {
        "THIRD-PARTY.md",
        "timebank/matching/english-licence.txt",
        "timebank/matching/vocabulary-licence.txt",
    }
