from hypothesis import given
from hypothesis import strategies as st

from archiver.headers import Headers
from archiver.payload import BlockReading, Digests, read_whole
from tests.builders import chunked, digest, http_response

BODY = b"<p>Crime and policing</p>"
BLOCKS = st.one_of(
    st.binary(max_size=80),
    st.sampled_from(
        [
            http_response(BODY),
            http_response(chunked(BODY), fields=[("Transfer-Encoding", "chunked")]),
            http_response(BODY, fields=[("Transfer-Encoding", "chunked")]),
            http_response(BODY).replace(b"\r\n\r\n", b"\n\n"),
            http_response(BODY)[:20],
            b"HTTP/1.1 200 OK\r\n\r\n",
        ]
    ),
)
STATED = st.sampled_from(["", "nonsense", digest(BODY), "md5:" + "ab" * 16, "sha256:" + "cd" * 32])
KINDS = st.sampled_from(["response", "revisit", "resource", "request", "metadata", ""])


@given(KINDS, BLOCKS, STATED, STATED, st.sampled_from(Digests), st.integers(1, 30))
def test_a_block_at_hand_tells_what_it_tells_part_by_part(
    kind: str, block: bytes, of_block: str, of_payload: str, wanted: Digests, step: int
) -> None:
    headers = Headers(f"WARC-Block-Digest: {of_block}\r\nWARC-Payload-Digest: {of_payload}")
    reading = BlockReading(kind, headers, wanted)
    for at in range(0, len(block), step):
        reading.feed(block[at : at + step])
    assert read_whole(kind, headers, block, wanted) == reading.close()
