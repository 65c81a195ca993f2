from auth.password import hash_password, verify_password


def test_passwords_are_hashed_with_a_salt():
    assert hash_password("a") != hash_password("a")


def test_wrong_password_is_refused():
    assert not verify_password("b", hash_password("a"))
