"""The script `dev`, in a project of its own that has nothing to install."""

import ast
import hashlib
import os
import pathlib
import re
import runpy
import shutil
import subprocess
import sys
import zipfile

import pytest

ROOT = pathlib.Path(__file__).parent.parent
OLD_PYTHON = """
import runpy, sys
sys.version_info, sys.version = (3, 8, 10), "3.8.10 (default)"
runpy.run_path("dev", run_name="__main__")
"""


def make_project(folder: pathlib.Path) -> pathlib.Path:
    """A project with `dev`, empty locks, and a `timebank` that says what it was called with and
    ends with 7."""
    shutil.copy(ROOT / "dev", folder)
    (folder / "requirements").mkdir()
    for lock in ("runtime.lock", "test.lock"):
        (folder / "requirements" / lock).write_text("# nothing\n")
    (folder / "timebank").mkdir()
    (folder / "timebank" / "__init__.py").touch()
    (folder / "timebank" / "__main__.py").write_text(
        "import os, sys\nprint(os.getcwd(), sys.argv[1:])\nsys.exit(7)\n"
    )
    return folder


@pytest.fixture
def project(tmp_path_factory):
    """A project in which nothing has been set up."""
    return make_project(tmp_path_factory.mktemp("project"))


@pytest.fixture(scope="module")
def used_project(tmp_path_factory):
    """A project that tests share, because setting one up takes seconds."""
    return make_project(tmp_path_factory.mktemp("project"))


def dev(project, *words, cwd=None, script="dev", **environment):
    """What `dev` answers."""
    command = [sys.executable, script if cwd is None else project / script, *words]
    inherited = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(
        command,
        cwd=cwd or project,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_first_run_sets_up_and_later_ones_only_run(project, tmp_path):
    first = dev(project, "run", "hello", "two words", cwd=tmp_path)
    assert "Making .venv" in first.stdout
    assert "Installing requirements/runtime.lock" in first.stdout
    assert first.stdout.endswith(f"{tmp_path} ['hello', 'two words']\n"), first.stderr
    assert first.returncode == 7
    second = dev(project, "run", "--version", cwd=tmp_path)
    assert second.stdout == f"{tmp_path} ['--version']\n"
    # The demonstration bank lies in the project, wherever it was asked for from.
    assert (
        dev(project, "demo", "--no-serve", cwd=tmp_path).stdout
        == f"{project} ['demo', '--no-serve']\n"
    )


def test_a_lock_that_has_changed_is_installed_again(used_project):
    dev(used_project, "setup")
    assert dev(used_project, "setup").stdout == ""
    assert dev(used_project, "run").stdout.count("Installing") == 0, (
        "What the tests need holds everything else."
    )
    (used_project / "requirements" / "test.lock").write_text("# nothing more\n")
    assert dev(used_project, "setup").stdout == (
        "Installing requirements/test.lock: 350 MB to download and 1.2 GB unpacked ...\n"
    )
    assert dev(used_project, "setup").stdout == ""


def test_the_installation_says_how_far_it_is(project, tmp_path):
    wheel = tmp_path / "some_thing-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as packed:
        about = "some_thing-1.0.dist-info"
        packed.writestr(
            f"{about}/METADATA", "Metadata-Version: 2.1\nName: some-thing\nVersion: 1.0\n"
        )
        packed.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        packed.writestr(f"{about}/RECORD", "")
    key = hashlib.sha256(wheel.read_bytes()).hexdigest()
    (project / "requirements" / "test.lock").write_text(
        f"elsewhere==2.0 ; sys_platform == 'nowhere' --hash=sha256:{key}\n"
        f"some-thing==1.0 \\\n    --hash=sha256:{key}\n"
    )
    offline = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path)}
    said = dev(project, "setup", **offline).stdout.splitlines()
    assert said[1].startswith("Installing requirements/test.lock: 350 MB ")
    assert said[2].replace("_", "-") == "1 of 1 some-thing"
    assert said[3].startswith("Unpacking")
    assert len(said) == 4
    # Once more, over what is there.
    with (project / "requirements" / "test.lock").open("a") as lock:
        lock.write("# looked over\n")
    assert dev(project, "setup", **offline).stdout.splitlines()[1:] == ["1 of 1 some-thing"]


def test_a_failed_installation_ends_so_and_is_tried_again(used_project):
    lock = used_project / "requirements" / "test.lock"
    lock.write_text("nothing-of-this-name @ file:///nowhere --hash=sha256:00\n")
    for _ in range(2):
        failed = dev(used_project, "setup")
        assert failed.returncode != 0
        assert "Installing requirements/test.lock" in failed.stdout
    lock.write_text("# nothing\n")
    assert dev(used_project, "setup").returncode == 0


def test_a_check_says_which_part_of_it_fails(used_project):
    # Nothing is installed here that could check.
    answer = dev(used_project, "check")
    assert answer.stdout.endswith("Style ...\n")
    assert answer.returncode == 1


def test_what_takes_long_is_checked_beside_the_tests_and_any_fault_is_the_end(used_project):
    """Types are faulty, the tests are not: both have been tried, and it is said which of them."""
    for module, says in {
        "ruff": "",
        "djlint": "",
        "importlinter/__init__": "",
        "importlinter/cli": "def lint_imports_command(): print('kept')",
        "basedpyright": "import sys; print('one error'); sys.exit(3)",
        "pytest": "print('tested')",
    }.items():
        path = used_project / f"{module}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"{says}\n")
    answer = dev(used_project, "test")
    said = answer.stdout.splitlines()
    assert said[-6:-4] == ["Contracts between rooms ...", "kept"]
    assert said[-3:] == [
        "Types ...",
        "one error",
        "Types: not as it has to be (exit code 3).",
    ]
    assert "tested" in said[:-6]
    assert answer.returncode == 3
    assert dev(used_project, "check").returncode == 3


def test_whatever_knows_of_the_long_run_is_run_in_it():
    wanted = 'getoption("--long")'
    tests = [path for path in (ROOT / "tests").rglob("test_*.py") if wanted in path.read_text()]
    named = runpy.run_path(str(ROOT / "dev"))["LONG"]
    for path in set(tests) - {pathlib.Path(__file__)}:
        assert any(path.is_relative_to(ROOT / name) for name in named), path


def test_coverage_is_counted_over_the_tests_that_were_chosen_and_hides_no_failure(used_project):
    totals = {"covered_lines": 3, "num_statements": 4, "covered_branches": 1, "num_branches": 3}
    (used_project / "pytest.py").write_text("import sys\nprint(sys.argv[1:])\nsys.exit(1)\n")
    (used_project / "coverage.py").write_text(
        f"import json\nprint(json.dumps({{'totals': {totals}}}))\n"
    )
    answer = dev(used_project, "test", "tests/ledger", "--coverage")
    assert "['--cov', '--cov-report=', 'tests/ledger']\n" in answer.stdout
    assert "75.0 % of 4 lines were reached.\n33.3 % of 3 branches were" in answer.stdout
    assert answer.returncode == 1


def test_an_environment_whose_python_is_gone_is_made_anew(used_project):
    dev(used_project, "setup")
    for program in [
        *(used_project / ".venv").glob("bin/python*"),
        *(used_project / ".venv").glob("Scripts/python*"),
    ]:
        program.unlink()
    assert "Making .venv" in dev(used_project, "setup").stdout


def test_wrong_usage_ends_with_2_and_the_usage(project):
    for words in ((), ("fly",)):
        answer = dev(project, *words)
        assert answer.returncode == 2
        assert "./dev demo" in answer.stderr
    assert dev(project, "--help").returncode == 0


def test_an_old_python_is_told_what_is_needed(project):
    command = [sys.executable, "-c", OLD_PYTHON]
    environment = {**os.environ, "PATH": ""}
    answer = subprocess.run(
        command, cwd=project, env=environment, capture_output=True, text=True, check=False
    )
    assert answer.returncode == 1
    assert (
        answer.stderr
        == "Timebank needs Python 3.11 or later, and this is 3.8.10. Install one from python.org.\n"
    )


@pytest.mark.skipif(os.name == "nt", reason="Windows names its Pythons another way")
def test_an_old_python_makes_way_for_a_newer_one(project, tmp_path):
    newer = tmp_path / "python3.12"
    newer.write_text('#!/bin/sh\necho newer "$@"\n')
    newer.chmod(0o755)
    command = [sys.executable, "-c", OLD_PYTHON, "demo"]
    answer = subprocess.check_output(
        command, cwd=project, env={**os.environ, "PATH": str(tmp_path)}, text=True
    )
    assert answer == "newer dev demo\n"


def test_old_pythons_can_read_the_script_far_enough_to_say_so():
    ast.parse((ROOT / "dev").read_text(), feature_version=(3, 7))


def pins(lock: str) -> set[str]:
    return set(
        re.findall(
            r"^[a-z0-9-]+(?:\[[a-z,]+\])?==\S+",
            (ROOT / "requirements" / lock).read_text(),
            re.MULTILINE,
        )
    )


def test_what_the_tests_install_holds_what_the_demo_installs():
    assert pins("runtime.lock") <= pins("test.lock")
    assert len(pins("runtime.lock")) > 20


def test_the_locks_name_no_hosts():
    for lock in ("runtime.lock", "test.lock"):
        assert "://" not in (ROOT / "requirements" / lock).read_text()
