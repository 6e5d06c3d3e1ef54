"""Runs cases against the hostile server, each in a process of its own.

    python hostile_client.py < jobs.jsonl > results.jsonl

One process loads everything and then forks for each job, so that the memory and the
time of a case are its own and 107 cases do not pay for 107 imports. Jobs that wait go
all at once, the others a few at a time.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nightdesk.errors import FeedError
from nightdesk.feeds import parse_feed
from nightdesk.fetch import Fetched, Fetcher, Limits, Request

Job = dict[str, Any]
N_SIDE_BY_SIDE = 3
HERE = "127.0.0.2"


def run_job(job: Job, limits: Limits | None = None) -> Job:
    """Fetch a job's address, again with what was learned if asked, and parse it."""
    rows = []
    with make_fetcher(job, limits) as fetcher:
        etag = last_modified = None
        for is_plain in job.get("fetches", [True]):
            known = {} if is_plain else {"etag": etag, "last_modified": last_modified}
            done = fetcher.fetch(Request(job["url"], "feed", **known))
            etag = done.headers.get("etag")
            last_modified = done.headers.get("last-modified")
            rows.append(describe(done))
        rows[0]["inside"] = [
            fetcher.fetch(Request(link, "page")).attempt.outcome
            for link in rows[0]["links"]
            if "169.254" in link
        ]
    return {"id": job["id"], "rows": rows}


def run_all(jobs: list[Job]) -> Job:
    """One run over the addresses of all jobs at once."""
    names = {key: value for job in jobs for key, value in job["names"].items()}
    job = {"names": names, "ca_file": next(j["ca_file"] for j in jobs if j["ca_file"])}
    ids: dict[str, list[str]] = {}
    for one in jobs:
        ids.setdefault(one["url"], []).append(one["id"])
    rows = {}
    with make_fetcher(job) as fetcher:
        requests = [Request(url, "feed") for url in ids]
        for request, done in fetcher.fetch_all(requests):
            rows |= dict.fromkeys(ids[request.url], describe(done))
    return {"id": "all", "rows": rows}


def make_fetcher(job: Job, limits: Limits | None = None) -> Fetcher:
    return Fetcher(
        user_agent="nightdesk-test/1.0 (+https://desk.example/)",
        allowed_networks=[f"{HERE}/32"],
        resolver=make_resolver(job["names"]),
        ca_file=Path(job["ca_file"]) if job.get("ca_file") else None,
        gap_s=0.0,
        workers=128,
        limits=limits,
    )


def make_resolver(names: dict[str, Any]) -> Callable[[str], list[str]]:
    """Names to answers: a list of them in turn, "slow", "unknown", or the server."""
    turns: dict[str, int] = {}

    def resolve(host: str) -> list[str]:
        answers = names.get(host, [[HERE]])
        if answers == "unknown":
            raise OSError(-2, "Name or service not known")
        if answers == "slow":
            time.sleep(60)
        turn = turns[host] = turns.get(host, -1) + 1
        return list(answers[min(turn, len(answers) - 1)])

    return resolve


def describe(done: Fetched) -> Job:
    """What became of a fetch and of its feed, in words that fit into JSON."""
    attempt = asdict(done.attempt)
    row = {k: attempt[k] for k in ("outcome", "status", "error", "retry_after_s")}
    row |= {"redirects": attempt["redirects"], "digest": attempt["digest"]}
    row |= {"entries": None, "titles": [], "links": [], "warnings": [], "no_feed": None}
    if attempt["outcome"] == "ok":
        try:
            feed = parse_feed(
                done.body,
                url=attempt["final_url"],
                content_type=attempt["content_type"],
                keep_unlinked=True,
            )
        except FeedError as error:
            return row | {"no_feed": str(error)}
        row["entries"] = len(feed.entries)
        row["titles"] = [(entry.title or "")[:80] for entry in feed.entries[:3]]
        row["links"] = [entry.url for entry in feed.entries[:3]]
        row["dates"] = [entry.published_raw for entry in feed.entries[:1]]
        row["warnings"] = list(feed.warnings[:3])
    return row


def name_result(row: Job) -> set[str]:
    """The names that the list of hostile cases has for what a row says."""
    outcome, status, error = row["outcome"], row["status"], row["error"] or ""
    if outcome == "ok":
        return _name_good(row)
    if outcome == "http_error":
        return {"bad_http" if status in (None, 200) else f"http_{status}"}
    if outcome == "blocked":
        by_status = {451: "blocked_legal", 999: "http_999", 403: "bot_challenge"}
        return {by_status.get(status, "blocked")}
    if outcome == "robots" and "HTTP 5" in error:
        return {"robots_unavailable"}
    if outcome == "redirect_loop" and "more than" in error:
        return {"too_many_redirects"}
    names = {
        "auth": {"auth_required"},
        "decode": {"bad_content_encoding"},
        "forbidden_address": {"blocked_address"},
        "not_found": {"http_404"},
        "timeout": {"timeout", "deadline"},
        # Refused by its first bytes, before a parser sees it.
        "wrong_type": {"unsupported_type", "parse_error"},
    }
    return names.get(outcome, {outcome})


def _name_good(row: Job) -> set[str]:
    if row["no_feed"]:
        return {"parse_error"}
    names = {"ok"}
    if row["redirects"] and row["redirects"][0][:3] in ("301", "308"):
        names = {"ok_moved"}
    if row["warnings"]:
        names |= {"ok_with_warning", "ok_capped"}
    return names


# -- one process a job


def main() -> None:
    logging.basicConfig(level=logging.ERROR)  # that a host is down is expected here
    jobs = [json.loads(line) for line in sys.stdin]
    patient = [job for job in jobs if job.get("waits")]
    others = [job for job in jobs if not job.get("waits")]
    running: set[int] = {fork_job(job) for job in patient}
    quick: set[int] = set()
    while running or quick or others:
        while others and len(quick) < N_SIDE_BY_SIDE:
            quick.add(fork_job(others.pop()))
        done, status = os.wait()
        running.discard(done)
        quick.discard(done)
        if status and status != signal.SIGKILL:  # that one is ours
            sys.stderr.write(f"a case ended with status {status}\n")


def fork_job(job: Job) -> int:
    if job.get("kills_first"):
        victim = fork_job(job | {"kills_first": False, "is_silent": True})
        time.sleep(1.0)
        os.kill(victim, signal.SIGKILL)
    child = os.fork()
    if child:
        return child
    status = 1
    try:
        before_mb, began = read_memory_mb("VmRSS"), time.monotonic()
        Path("/proc/self/clear_refs").write_text("5")  # VmHWM starts again
        jobs = job.get("jobs")
        result = run_all(jobs) if jobs else run_job(job)
        result["seconds"] = time.monotonic() - began
        result["rss_mb"] = read_memory_mb("VmHWM") - before_mb
        if not job.get("is_silent"):
            write_line(result)
        status = 0
    finally:
        os._exit(status)  # not the end of the parent's interpreter, nor of threads


def write_line(result: Job) -> None:
    data = (json.dumps(result) + "\n").encode()
    with locked():
        while data:
            data = data[os.write(1, data) :]


@contextlib.contextmanager
def locked() -> Iterator[None]:
    """Among forked processes: lines longer than a pipe's buffer must not mix."""
    with Path(__file__).open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def read_memory_mb(key: str) -> float:
    match = re.search(rf"{key}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(match[1]) / 1024 if match else 0.0


if __name__ == "__main__":
    main()
