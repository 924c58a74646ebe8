"""The bundles: webassets names, hashes and lists them; esbuild (its native binary) makes them.

What the first screen does not need is split off by esbuild into chunks of their own (they share the one instance of the
app's state, which separate bundles would not); webassets knows the entry, build.json the chunks. The worker's list of files
goes in as a compile-time constant.
`flask assets build` builds; the running server only reads static/dist/manifest.json.
"""

import gzip
import hashlib
import json
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import brotli
from webassets import Bundle, Environment
from webassets.exceptions import FilterError
from webassets.filter import Filter, register_filter

from config import ROOT

DIST = ROOT / "static" / "dist"
BUILD = DIST / "build.json"
FONTS = ROOT / "static" / "fonts"
TARGET = "safari16.4,chrome111,firefox115"
KEPT_BUILDS = 2
"""A phone that was away fetches the files of the build before this one."""
COMPRESSED = {".js", ".css"}

Define = Callable[["ChunkedEnvironment"], dict[str, Any]]


class Esbuild(Filter):
    """Bundles one entry. Works in the open() phase: esbuild gets the path and follows the imports itself."""

    name = "esbuild"
    max_debug_level = None

    def __init__(self, *args: str, define: Define | None = None) -> None:
        super().__init__()
        self._args, self._define = args, define

    def unique(self) -> tuple[str, ...]:
        return self._args

    def open(self, out: Any, source_path: str, **_: Any) -> None:
        with tempfile.TemporaryDirectory() as folder:
            command = [*_esbuild(), f"entry={source_path}", "--bundle", "--minify", "--charset=utf8", f"--target={TARGET}",
                       f"--outdir={folder}", "--chunk-names=chunk.[hash]", "--log-level=warning", "--color=false",
                       "--legal-comments=none", *self._args]  # fmt: skip
            for key, value in (self._define(self.ctx.environment) if self._define else {}).items():
                command.append(f"--define:{key}={json.dumps(value)}")
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
            if done.returncode:
                raise FilterError(f"esbuild: {done.stderr.strip()}")
            for made in sorted(Path(folder).iterdir()):
                if made.stem == "entry":
                    out.write(made.read_text("utf-8"))
                else:
                    shutil.copyfile(made, DIST / made.name)
                    self.ctx.environment.chunks.append(made.name)


register_filter(Esbuild)


def _esbuild() -> list[str]:
    """The native binary of the platform's package (no Node start-up), else the script."""
    machine = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}.get(
        platform.machine().lower(), ""
    )
    native = ROOT / "node_modules" / "@esbuild" / f"{sys.platform}-{machine}" / "bin" / "esbuild"
    return [str(native)] if native.exists() else ["node", str(ROOT / "node_modules" / "esbuild" / "bin" / "esbuild")]


def _sources(*folders: str) -> list[str]:
    """webassets' globs are not recursive, so the dependencies are listed."""
    return [str(path) for folder in folders for path in sorted((ROOT / folder).rglob("*")) if path.is_file()]


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:12]


def _version(_: "ChunkedEnvironment") -> dict[str, Any]:
    """The app's version: what it is made of."""
    sources = _sources(
        "pwa", "service_worker", "server/shell/templates", "static/icons", "static/pictures", "static/fonts"
    )
    return {"__VERSION__": _digest(*(Path(path).read_bytes() for path in sources if "/dist/" not in path))}


def _precache(environment: "ChunkedEnvironment") -> dict[str, Any]:
    """Everything that the shell needs with no network; a changed byte changes the worker, and so the version."""
    entries: list[dict[str, Any]] = [{"url": environment[name].urls()[0], "revision": None} for name in ("css", "app")]
    entries += [{"url": f"/static/dist/{name}", "revision": None} for name in sorted(set(environment.chunks))]
    for path in _sources("static/icons", "static/pictures", "static/fonts"):
        url = "/static/" + Path(path).relative_to(ROOT / "static").as_posix()
        entries.append({"url": url, "revision": _digest(Path(path).read_bytes())})
    template = (ROOT / "server" / "shell" / "templates" / "shell.html").read_bytes()
    entries.append({"url": "/", "revision": _digest(json.dumps(entries).encode(), template)})
    return {**_version(environment), "__PRECACHE__": entries}


BUNDLES = ("css", "app", "office_css", "office_js", "worker")
"""In the order in which they need each other: the worker lists the others."""


class ChunkedEnvironment(Environment):
    """Also remembers which chunks were split off."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.chunks: list[str] = []


def environment() -> ChunkedEnvironment:
    env = ChunkedEnvironment(
        str(DIST), "/static/dist", debug=False, auto_build=False, versions="hash:12",
        manifest=f"json:{DIST / 'manifest.json'}", url_expire=False, cache=False, load_path=[str(ROOT)],
    )  # fmt: skip
    style = Esbuild("--external:/static/*")
    module = Esbuild("--jsx=automatic", "--jsx-import-source=preact", "--format=esm", "--splitting", define=_version)
    worker = Esbuild("--format=iife", define=_precache)
    env.register("css", Bundle("pwa/src/app.css", filters=style, output="app.%(version)s.css", depends=_sources("pwa")))
    env.register(
        "app", Bundle("pwa/src/main.tsx", filters=module, output="app.%(version)s.js", depends=_sources("pwa"))
    )
    env.register("office_css", Bundle("server/office/office.css", filters=style, output="office.%(version)s.css"))
    env.register("office_js", Bundle("server/office/office.ts", filters=module, output="office.%(version)s.js"))
    env.register("worker", Bundle("service_worker/worker.ts", filters=worker, output="worker.%(version)s.js"))
    return env


def build() -> dict[str, str]:
    """Everything is built into static/dist, also compressed, and build.json names it. Returns the names."""
    DIST.mkdir(parents=True, exist_ok=True)
    _copy_fonts()
    env = environment()
    for name in BUNDLES:
        env[name].build(force=True)
    names = {name: Path(env[name].urls()[0]).name for name in BUNDLES}
    names["version"] = _version(env)["__VERSION__"]
    earlier = json.loads(BUILD.read_text())["builds"] if BUILD.exists() else []
    names |= {f"chunk{index}": name for index, name in enumerate(sorted(set(env.chunks)))}
    builds = [names, *(one for one in earlier if one != names)][:KEPT_BUILDS]
    _purge({name for one in builds for name in one.values()})
    for path in list(DIST.iterdir()):
        _compress(path)
    BUILD.write_text(json.dumps({"builds": builds}))
    current.cache_clear()
    return names


@cache
def current() -> dict[str, str]:
    """The names of the build that this process serves. Raises FileNotFoundError where nothing was built.

    Read once: what is built while it runs is served by the next one, for only that one knows the new files.
    """
    names: dict[str, str] = json.loads(BUILD.read_text())["builds"][0]
    return names


def _copy_fonts() -> None:
    """Other people's files are not kept with ours: they come from the registry at each set-up."""
    FONTS.mkdir(parents=True, exist_ok=True)
    source = ROOT / "node_modules" / "@fontsource-variable" / "atkinson-hyperlegible-next" / "files"
    for name in ("atkinson-hyperlegible-next-latin-wght-normal.woff2",):
        shutil.copyfile(source / name, FONTS / name)


def _purge(kept: set[str]) -> None:
    for path in DIST.iterdir():
        name = path.name.removesuffix(".br").removesuffix(".gz")
        if name not in kept and name not in ("build.json", "manifest.json"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _compress(path: Path) -> None:
    """Lies beside itself as .br and .gz; whitenoise picks what the browser takes."""
    if path.suffix not in COMPRESSED or path.name in ("build.json", "manifest.json"):
        return
    packed = path.with_name(path.name + ".br")
    if packed.exists():
        return
    body = path.read_bytes()
    packed.write_bytes(brotli.compress(body, quality=11))
    path.with_name(path.name + ".gz").write_bytes(gzip.compress(body, 9, mtime=0))
