"""Builds the wheel: the extension is CMake's target tern_python_extension, with the library inside.

TERN_BUILD_DIR names a folder that CMake has configured already (build/release), whose objects are taken; without it the
library is built for the wheel alone.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

ROOT = pathlib.Path(__file__).resolve().parents[3]
VERSION = re.search(r"project\(tern VERSION ([\d.]+)", (ROOT / "CMakeLists.txt").read_text()).group(1)


class BuildByCMake(build_ext):
    def build_extension(self, extension):
        folder = os.environ.get("TERN_BUILD_DIR") or self.configure()
        subprocess.run(["cmake", "--build", folder, "--target", "tern_python_extension"], check=True)
        to = pathlib.Path(self.get_ext_fullpath(extension.name))
        to.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(pathlib.Path(folder) / "python" / "tern" / "_tern.abi3.so", to)

    def configure(self):
        folder = pathlib.Path(self.build_temp).resolve()
        without = [f"-DTERN_BUILD_{what}=OFF" for what in ("TESTS", "BENCH", "CLI", "EXAMPLES")]
        chosen = ["-DCMAKE_BUILD_TYPE=Release", f"-DTERN_PYTHON={sys.executable}"]
        generator = ["-G", "Ninja"] if shutil.which("ninja") else []
        subprocess.run(["cmake", "-S", ROOT, "-B", folder, *generator, *without, *chosen], check=True)
        return folder


setup(
    version=VERSION,
    ext_modules=[Extension("tern._tern", sources=[], py_limited_api=True)],
    cmdclass={"build_ext": BuildByCMake},
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
