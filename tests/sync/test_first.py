def test_x(desk):
    r = desk.run("push"); print(r.out, r.err)
    r = desk.run("push"); print(r.out, r.err)
    r = desk.run("status","--json"); print(r.out, r.err)
    print(desk.rows())
    assert 0
