"""The members `keys` and `rings` of docs/vectors/lacre1.json: which texts are keys, and which keys make a ring."""
import lacre1
from lacre1 import T0, encode_key, record

KEY = encode_key(bytes(range(32)))
ALPHABET = "lk1_" + "-_" * 21 + "A"
LAST = "AEIMQUYcgkosw048"


def key(name, about, text, raw=None):
    return {"name": name, "valid": raw is not None, "about": about, "text": text, "bytes": raw and raw.hex()}


def keys():
    """Texts, and the bytes of those that are keys."""
    entries = [key("worked-example", "The key of the specification.", KEY, bytes(range(32))),
               key("alphabet", "Both characters in which base64url differs from base64.", ALPHABET, decoded(ALPHABET))]
    for character in LAST:
        text = KEY[:-1] + character
        entries.append(key("last-%s" % ("capital-" if character.isupper() else "") + character.lower(),
                           "One of the characters that may be the last.", text, decoded(text)))
    for name, text, about in (
            ("empty", "", "No key at all."), ("prefix-alone", "lk1_", "A prefix with nothing behind it."),
            ("no-prefix", KEY[4:], "The prefix is part of the text."),
            ("prefix-in-capitals", "LK1_" + KEY[4:], "The prefix has a case."),
            ("prefix-twice", "lk1_" + KEY, "The prefix is taken off again and again."),
            ("prefix-other", "lk2_" + KEY[4:], "Any prefix is taken off."),
            ("line-feed", KEY + "\n", "A line feed at the end of a file is no part of the key."),
            ("carriage-return", KEY + "\r\n", "A line end is no part of the key."),
            ("line-feed-inside", KEY[:20] + "\n" + KEY[20:], "A decoder skips line feeds."),
            ("blank-before", " " + KEY, "Blanks are taken off."), ("blank-behind", KEY + " ", "Blanks are taken off."),
            ("tab-behind", KEY + "\t", "Blanks are taken off."), ("nul-behind", KEY + "\0", "What follows is ignored."),
            ("padding", KEY + "=", "The padding is optional: two texts for one key."),
            ("42", KEY[:-1], "Less than 32 bytes."), ("44", KEY + "A", "More than 32 bytes."),
            ("plus", "lk1_" + "+" + KEY[5:], "Plain base64 passes for base64url."),
            ("slash", "lk1_" + "/" + KEY[5:], "Plain base64 passes for base64url."),
            ("not-base64", KEY[:10] + "!" + KEY[11:], "A lenient decoder skips what it does not know."),
            ("non-ascii", KEY[:10] + "\xe9" + KEY[11:], "A letter outside ASCII passes."),
            ("quoted", '"%s"' % KEY, "Quotation marks are taken off."),
            ("hexadecimal", bytes(range(32)).hex(), "Hexadecimal is guessed."),
            ("hexadecimal-with-prefix", "lk1_" + bytes(range(32)).hex(), "Hexadecimal is guessed.")):
        entries.append(key(name, about, text))
    for character in "B9_-Hh":
        entries.append(key("other-bits-%02x" % ord(character),
                           "Bits after the last byte are ignored: two texts for one key.", KEY[:-1] + character))
    for entry in entries:
        assert (decoded(entry["text"]) or b"").hex() == (entry["bytes"] or ""), entry["name"]
    names = [entry["name"] for entry in entries]
    assert len(names) == len(set(names)), "two keys of one name"
    return entries


def decoded(text):
    try:
        return lacre1.decode_key(text)
    except ValueError:
        return None


def is_ring(records):
    """Whether these may be registered as the keys of one app (section 8)."""
    texts = [each["apiKey"] for each in records]
    moments = [each.get("notBefore", 0) for each in records]
    return len(set(texts)) == len(texts) and all(
        len(lacre1.live_keys(records, each["algorithm"], moment)) <= 2 for moment in moments for each in records)


def rings():
    """Lists of key records, and whether a verifier takes them as one ring."""
    new, old = record("rings-new"), record("rings-old", state="accept-only")
    entries = [{"name": name, "valid": valid, "about": about, "keys": keys_of_app} for name, valid, about, keys_of_app in (
        ("one", True, "A single key.", [new]),
        ("two", True, "Two live keys.", [new, old]),
        ("three", False, "Three live keys: not all of them would be tried.", [new, old, record("rings-third")]),
        ("three-one-revoked", True, "A revoked key is not live.",
         [new, old, record("rings-third", state="revoked")]),
        ("three-algorithms", True, "Each algorithm has its own two.",
         [new, old, record("rings-third", "sha384"), record("rings-fourth", "sha384")]),
        ("three-in-turn", True, "The first ends in the second in which the third begins.",
         [record("rings-first", expiresAt=T0), new, record("rings-third", notBefore=T0)]),
        ("three-for-a-second", False, "Three are live for one second.",
         [record("rings-first", expiresAt=T0 + 1), new, record("rings-third", notBefore=T0)]),
        ("three-later", False, "Three will be live.",
         [new, record("rings-second", notBefore=T0 + 10), record("rings-third", notBefore=T0 + 20)]),
        ("same-secret", False, "One secret stands in one record.", [new, dict(new, state="accept-only")]),
        ("same-secret-revoked", False, "A revoked secret is still one secret.", [new, dict(new, state="revoked")]))]
    for entry in entries:
        assert is_ring(entry["keys"]) == entry["valid"], entry["name"]
    return entries
