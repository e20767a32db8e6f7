"""Relative links in Markdown: which there are, where they stand, and what an edit of one leaves alone."""

import pytest

from studio_sync.files.markdown.markdown_links import links, retarget

PAGE = """---
title: "[front](no.md)"
---

# Head [h](h.md#frag) and ![pic](<my pic.png> "t") #

- item [in list](../b/x.md)
  continued [two](
  two.md)
  > quote [q](q.md?x=1) `[code](no.md)` [![i](i.png)](page.md)

        [indented](no.md)

```
[fence](no.md)
```

| a | b |
|---|---|
| [t1](t1.md) | ![t2](t2.png) |

Setext [s](s\\(1\\).md) \\[escaped](no.md)
===

[one][r], [a](https://x.y/z) [abs](/root.md) [m](mailto:a@b) [here](#x) <https://no.md>
<a href="html.md">x</a> <img src='i2.png'> <!-- <a href="no.md"> -->

[r]: ref%20a.md "title"
[r2]:
  <ref b.md>
> [r3]: r3.md

<div>
<img src="blk.png">
</div>

<pre><a href="no.md"></pre>

[dup](dup.md) [dup](dup.md)
"""

PATHS = [
    "h.md", "my pic.png", "../b/x.md", "two.md", "q.md", "i.png", "page.md", "t1.md", "t2.png", "s(1).md",
    "html.md", "i2.png", "ref a.md", "ref b.md", "r3.md", "blk.png", "dup.md", "dup.md",
]  # fmt: skip


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("start", ["", "\ufeff"])
def test_every_relative_link_is_found_and_nothing_in_code(newline: str, start: str):
    text = start + PAGE.replace("\n", newline)
    found = links(text)
    assert [link.path for link in found] == PATHS
    raw = [text[link.start : link.end] for link in found]
    assert raw[0] == "h.md"
    assert raw[9] == "s\\(1\\).md"
    assert raw[12] == "ref%20a.md"


def test_an_edit_touches_the_bytes_of_the_link_alone():
    text = PAGE.replace("\n", "\r\n")
    after, count = retarget(
        text, "c/s1/a.md", "c/s1/a.md", lambda p: {"c/b/x.md": "c/new (b)/x.md"}.get(p, p)
    )
    assert count == 1
    assert after == text.replace("../b/x.md", "../new%20%28b%29/x.md")


def test_a_file_that_moves_has_its_links_lead_where_they_led():
    after, count = retarget(PAGE, "c/s1/a.md", "c/s2/deep/a.md", lambda p: p)
    assert count == len(PATHS)
    before = [link.target("c/s1/a.md") for link in links(PAGE)]
    assert [link.target("c/s2/deep/a.md") for link in links(after)] == before
    assert "(../../s1/h.md#frag)" in after
    assert "q.md?x=1)" in after
    assert '<../../s1/my%20pic.png> "t"' in after
    assert after.count("no.md") == PAGE.count("no.md")


def test_what_leads_nowhere_is_left_alone():
    assert retarget("[x](gone.md)", "a/b.md", "c/d/b.md", lambda _: None) == ("[x](gone.md)", 0)


@pytest.mark.parametrize(
    ("raw", "shown"),
    [("./b/", "./n%25/"), ("b", "n%25"), ("../a/b/", "n%25/"), ("b#x", "n%25#x"), ("%62", "n%25")],
)
def test_how_a_path_was_written_is_kept(raw: str, shown: str):
    after, _ = retarget(f"[x]({raw})", "a/p.md", "a/p.md", lambda p: p.replace("a/b", "a/n%"))
    assert after == f"[x]({shown})"


def test_letters_of_other_scripts_stay_as_they_are():
    after, _ = retarget("[x](übung.md)", "a/p.md", "b/p.md", lambda p: p)
    assert after == "[x](../a/übung.md)"


def test_a_file_that_can_not_be_read_has_no_links():
    assert links("---\ntitle: [\n\n[x](y.md)\n") == []
