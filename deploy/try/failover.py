"""Two nodes of PostgreSQL under Patroni, poolers, two processes of Timebank and a worker, nginx
before them; people give each other hours, and the node that writes is killed.

    .venv/bin/python deploy/try/failover.py [--seconds 90] [--clients 8] [--direct] [--keep]

Needs Debian's packages postgresql, patroni, etcd-server, etcd-client, python3-etcd, pgbouncer and
nginx; their services may be stopped. Everything is made in a folder of its own and taken away
again. Prints what it found, and ends with 1 when something was not as promised:

- whatever was acknowledged is there afterwards, each once, and the books prove;
- meanwhile people read words and 503, never a fault of ours;
- nobody restarts anything, and it goes on by itself.
"""

import argparse
import collections
import http.client
import json
import pathlib
import signal
import ssl
import sys
import time
import urllib.request
from dataclasses import dataclass, field

from machine import (
    DEPLOY,
    ROOT,
    Failed,
    Machine,
    free_port,
    kill_postmaster,
    postgresql,
    program,
    try_out,
    wait_for,
    wait_until_well,
)
from people import SECRET, Crowd, make_people

SUPERUSER, OWNER, ROLE = "postgres", "timebank_owner", "timebank_app"
PASSWORD = "for-this-try-alone"  # noqa: S105
NAME = "timebank.example"


@dataclass
class Node:
    """A node of the database: Patroni, the server under it, and the pooler beside it."""

    name: str
    data: pathlib.Path
    port: int = field(default_factory=free_port)
    rest: int = field(default_factory=free_port)
    pooler: int = field(default_factory=free_port)

    def state(self) -> dict:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.rest}/patroni", timeout=2) as answer:
            return json.load(answer)

    def leads(self) -> bool:
        state = self.state()
        return state["state"] == "running" and state["role"] in ("master", "primary", "leader")

    def follows_in_step(self) -> bool:
        state = self.state()
        return state["state"] == "running" and bool(state.get("sync_standby"))


def start_etcd(here: Machine) -> str:
    client, peer = free_port(), free_port()
    etcd = program("etcd", package="etcd-server")
    data = here.folder_of("etcd")
    here.start(
        "etcd",
        *(etcd, "--name", "try", "--data-dir", data),
        *("--listen-client-urls", f"http://127.0.0.1:{client}"),
        *("--advertise-client-urls", f"http://127.0.0.1:{client}"),
        *("--listen-peer-urls", f"http://127.0.0.1:{peer}"),
        *("--initial-advertise-peer-urls", f"http://127.0.0.1:{peer}"),
        *("--initial-cluster", f"try=http://127.0.0.1:{peer}"),
    )

    def healthy() -> bool:
        with urllib.request.urlopen(f"http://127.0.0.1:{client}/health", timeout=2) as answer:
            return json.load(answer)["health"] == "true"

    wait_for("etcd answers", healthy, seconds=60)
    return f"127.0.0.1:{client}"


def start_node(here: Machine, node: Node, etcd: str) -> None:
    """Patroni over the very file of `deploy/`, with this node's own in its environment."""
    addresses = {
        "RESTAPI": f"127.0.0.1:{node.rest}",
        "POSTGRESQL": f"127.0.0.1:{node.port}",
    }
    environment = {
        "PATRONI_NAME": node.name,
        "PATRONI_ETCD3_HOSTS": etcd,
        "PATRONI_POSTGRESQL_DATA_DIR": str(node.data),
        "PATRONI_POSTGRESQL_BIN_DIR": str(pathlib.Path(postgresql("postgres")).parent),
        "PATRONI_POSTGRESQL_PGPASS": str(here.folder / f"pgpass-{node.name}"),
        "PATRONI_SUPERUSER_USERNAME": SUPERUSER,
        "PATRONI_SUPERUSER_PASSWORD": PASSWORD,
        "PATRONI_REPLICATION_USERNAME": "replicator",
        "PATRONI_REPLICATION_PASSWORD": PASSWORD,
        "PGBOUNCER_FOLDER": str(here.folder),
        "PGBOUNCER_PORT": str(node.pooler),
    }
    for part, address in addresses.items():
        environment[f"PATRONI_{part}_LISTEN"] = address
        environment[f"PATRONI_{part}_CONNECT_ADDRESS"] = address
    here.start(
        node.name,
        *(program("patroni", package="patroni"), configuration(here)),
        environment=environment,
    )


def configuration(here: Machine) -> pathlib.Path:
    """A copy of the file, unaltered, where the programs of the try may read it."""
    copy = here.folder / "patroni.yml"
    if not copy.exists():
        copy.write_bytes((DEPLOY / "patroni.yml").read_bytes())
        here.hand_over(copy)
    return copy


def start_pooler(here: Machine, node: Node) -> None:
    """A pooler beside each node, before its own server."""
    users = here.folder / "users.txt"
    users.write_text(f'"{ROLE}" "{PASSWORD}"\n')
    here.hand_over(users)
    settings = here.folder / f"pgbouncer-{node.name}.ini"
    settings.write_text(
        f"[databases]\ntimebank = host=127.0.0.1 port={node.port}\n"
        f"[pgbouncer]\nunix_socket_dir = {here.folder}\n"
        f"listen_addr = 127.0.0.1\nlisten_port = {node.pooler}\n"
        f"auth_type = scram-sha-256\nauth_file = {users}\npool_mode = transaction\n"
        "default_pool_size = 20\nmax_client_conn = 200\n"
    )
    here.hand_over(settings)
    here.start(f"pgbouncer-{node.name}", program("pgbouncer", package="pgbouncer"), settings)


def psql(here: Machine, node: Node, *words: str, database: str = "postgres") -> str:
    reached = f"host=127.0.0.1 port={node.port} user={SUPERUSER} dbname={database}"
    return here.run(
        *(postgresql("psql"), "-qAtX", "-v", "ON_ERROR_STOP=1", *words, reached),
        environment={"PGPASSWORD": PASSWORD},
    )


def timebank(here: Machine, *words: str, url: str) -> str:
    return here.run(
        sys.executable, "-m", "timebank", *words, environment=settings(url), as_user=False
    )


def settings(url: str) -> dict[str, str]:
    return {
        "PYTHONPATH": str(ROOT),
        "TIMEBANK_DATABASE_URL": url,
        "TIMEBANK_SECRET_KEY": SECRET,
        "TIMEBANK_BASE_URL": f"https://{NAME}",
        "TIMEBANK_PROXIES": "1",
    }


def make_database(here: Machine, leader: Node) -> None:
    """A database of an owner's, brought up to date by it, and the role of the application."""
    psql(here, leader, "-c", f"CREATE ROLE {OWNER} LOGIN CREATEROLE PASSWORD '{PASSWORD}'")
    psql(here, leader, "-c", f"CREATE DATABASE timebank OWNER {OWNER}")
    psql(here, leader, "-c", f"ALTER SCHEMA public OWNER TO {OWNER}", database="timebank")
    owner = f"{OWNER}:{PASSWORD}@127.0.0.1:{leader.port}/timebank"
    timebank(here, "migrate", url=f"postgresql+psycopg://{owner}")
    script = here.folder / "roles.sql"
    script.write_bytes((DEPLOY / "postgresql-roles.sql").read_bytes())
    here.hand_over(script)
    here.run(
        *(postgresql("psql"), "-qX", "-v", "ON_ERROR_STOP=1", "-v", f"role={ROLE}"),
        *("-f", script, f"postgresql://{owner}"),
    )
    psql(here, leader, "-c", f"ALTER ROLE {ROLE} PASSWORD '{PASSWORD}'")


def start_nginx(here: Machine, behind: int) -> int:
    """nginx with the file of `deploy/`, at a port of the try's, with a certificate of its own."""
    plain, secure = free_port(), free_port()
    here.run(
        *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
        *("-subj", f"/CN={NAME}", "-keyout", "privkey.pem", "-out", "fullchain.pem"),
    )
    words = (DEPLOY / "nginx.conf").read_text()
    for there, ours in {
        "[::]:80": f"[::1]:{plain}",
        "listen 80": f"listen 127.0.0.1:{plain}",
        "[::]:443": f"[::1]:{secure}",
        "listen 443": f"listen 127.0.0.1:{secure}",
        f"/etc/letsencrypt/live/{NAME}": str(here.folder),
        "/var/log/nginx": str(here.folder),
        "http://127.0.0.1:8000": f"http://127.0.0.1:{behind}",
    }.items():
        if there not in words:
            raise Failed(f"deploy/nginx.conf says nothing of {there}.")
        words = words.replace(there, ours)
    temporary = "".join(
        f"{kind}_temp_path {here.folder}/{kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    path = here.folder / "nginx.conf"
    path.write_text(
        f"daemon off;\npid {here.folder}/nginx.pid;\nerror_log {here.folder}/error.log;\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{temporary}{words}\n}}\n"
    )
    here.hand_over(path)
    here.start(
        "nginx",
        *(program("nginx", package="nginx"), "-e", here.folder / "error.log"),
        *("-c", path, "-p", here.folder),
    )
    return secure


def kill_node(here: Machine, node: Node) -> None:
    """What a machine does that loses its power: Patroni and the server are gone at once, and the
    pooler beside them."""
    here.running[node.name].send_signal(signal.SIGKILL)
    kill_postmaster(node.data)
    here.running[f"pgbouncer-{node.name}"].send_signal(signal.SIGKILL)
    for name in (node.name, f"pgbouncer-{node.name}"):
        here.running[name].wait()


def run(here: Machine, chosen: argparse.Namespace) -> list[str]:
    """The whole try; what was not as promised."""
    faults: list[str] = []
    etcd = start_etcd(here)
    nodes = [Node(name, here.folder_of(name)) for name in ("db1", "db2")]
    for node in nodes:
        start_node(here, node, etcd)
        if node is nodes[0]:
            wait_for("the first node leads", node.leads, seconds=120)
    leader, standby = nodes
    wait_for("the second node follows in step", standby.follows_in_step, seconds=180)
    print("Two nodes run, the second in step with the first.", flush=True)
    make_database(here, leader)
    for node in nodes:
        start_pooler(here, node)
    hosts = "".join(
        f"host=127.0.0.1:{node.port if chosen.direct else node.pooler}&" for node in nodes
    )
    url = f"postgresql+psycopg://{ROLE}:{PASSWORD}@/timebank?{hosts}target_session_attrs=read-write"
    people = make_people(url, chosen.clients)
    port = free_port()
    here.start(
        "timebank",
        *(sys.executable, "-m", "timebank", "serve", "--port", str(port), "--workers", "2"),
        environment=settings(url),
        as_user=False,
    )
    secure = start_nginx(here, port)
    trusting = ssl.create_default_context()
    trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
    crowd = Crowd(
        people,
        lambda: http.client.HTTPSConnection("127.0.0.1", secure, timeout=60, context=trusting),
        NAME,
    )

    wait_until_well(port, seconds=180)
    print("Timebank is well: two processes, a worker, nginx before them.", flush=True)
    crowd.start()
    time.sleep(chosen.seconds / 3)
    before = len(crowd.acknowledged)
    pid = here.running["timebank"].pid
    kill_node(here, leader)
    killed = time.monotonic()
    print(f"Gifts acknowledged so far: {before}. The node that writes is killed.", flush=True)
    promoted = wait_for("the second node takes over", standby.leads, seconds=120)
    went_on = wait_for(
        "gifts go on",
        lambda: any(at > killed + 1 for at, _ in crowd.acknowledged[before:]),
        seconds=120,
    )
    print(
        f"Promoted after {promoted:.0f} s; first gift acknowledged again"
        f" {promoted + went_on:.0f} s after the kill.",
        flush=True,
    )
    time.sleep(chosen.seconds / 3)
    start_node(here, leader, etcd)
    start_pooler(here, leader)
    back = wait_for("the node that was killed follows in step", leader.follows_in_step, seconds=180)
    print(f"The node that was killed is back in step after {back:.0f} s.", flush=True)
    time.sleep(chosen.seconds / 3)
    well_after = wait_until_well(port, seconds=330)
    crowd.stop()
    if here.running["timebank"].pid != pid or here.running["timebank"].poll() is not None:
        faults.append("Timebank had to be started again.")
    acknowledged = collections.Counter(message for _, message in crowd.acknowledged)
    written = collections.Counter(
        psql(
            here,
            standby,
            "-c",
            "SELECT message FROM gift WHERE message LIKE 'try-%'",
            database="timebank",
        ).split()
    )
    lost = acknowledged - written
    double = [message for message, times in written.items() if times > 1]
    if lost:
        faults.append(f"Acknowledged and not there: {len(lost)}, such as {next(iter(lost))}.")
    if double:
        faults.append(f"There more than once: {len(double)}, such as {double[0]}.")
    if crowd.wrong:
        faults.append(
            f"Answers that were neither done nor 503 with words: {len(crowd.wrong)}, such"
            f" as {crowd.wrong[0]}"
        )
    checked = timebank(here, "ledger", "check", url=url)
    faulty = [line for line in here.log("timebank").splitlines() if '"fault"' in line]
    if faulty:
        faults.append(f"Faults of ours in the log: {len(faulty)}, such as {faulty[0][:300]}")
    print(
        f"Gifts acknowledged: {len(acknowledged)}; there: {len(written)}; lost {len(lost)},"
        f" double {len(double)}."
    )
    print(
        "Answers:",
        ", ".join(
            f"{verb} {status or 'none'}: {number}"
            for (verb, status), number in sorted(crowd.answers.items())
        ),
    )
    print(f"Longest answer: {crowd.longest:.1f} s. Well again after {well_after:.0f} s.")
    print(f"The books: {checked.strip().splitlines()[-1]}")
    return faults


def main() -> None:
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    options.add_argument("--seconds", type=float, default=90, help="how long people give hours")
    options.add_argument("--clients", type=int, default=8)
    options.add_argument("--direct", action="store_true", help="without the poolers")
    try_out(options, run)


if __name__ == "__main__":
    main()
