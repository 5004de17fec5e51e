import { describe, expect, it } from "@jest/globals";
import { readRawRequest } from "./raw-request.js";

const read = (text: string) => {
  const { head, content, complete } = readRawRequest(Buffer.from(text, "latin1"));
  return { ...head, content: content.toString("latin1"), complete };
};

describe("a recorded request", () => {
  it("is read to the letter", () => {
    expect(
      read("POST /a?b%20 HTTP/1.1\r\nHost: a\r\nx-b:\t c \r\nX-B: \xe9\r\n\r\nbody\r\n"),
    ).toEqual({
      method: "POST",
      target: "/a?b%20",
      rawHeaders: ["Host", " a", "x-b", "\t c ", "X-B", " \xe9"],
      content: "body\r\n",
      complete: true,
    });
  });

  it.each([
    ["bare LF", "GET / HTTP/1.1\nHost: a\n\nx", "x", true],
    ["empty lines before it", "\r\n\nGET / HTTP/1.1\nHost: a\n\nx", "x", true],
    ["no empty line at the end", "GET / HTTP/1.1\nHost: a", "", true],
    ["blank lines from an editor", "GET / HTTP/1.1\nHost: a\n\n\r\n\n", "", true],
    ["a length that is less", "GET / HTTP/1.1\nContent-Length: 2\n\nabc", "ab", true],
    ["blank lines that are the content", "GET / HTTP/1.1\nContent-Length: 2\n\n\n\n", "\n\n", true],
    ["a length that is more", "GET / HTTP/1.1\ncontent-length:4\n\nabc", "abc", false],
    ["one length twice", "GET / HTTP/1.1\nContent-Length: 2\nContent-Length: 2\n\nabc", "ab", true],
    [
      "chunks",
      "GET / HTTP/1.1\nTransfer-Encoding: Chunked\n\n3;x\r\nabc\r\n01\nd\n0\r\n\r\n",
      "abcd",
      true,
    ],
    [
      "chunks before a length",
      "GET / HTTP/1.1\nContent-Length: 1\nTransfer-Encoding: chunked\n\n2\r\nab\r\n0\r\n\r\n",
      "ab",
      true,
    ],
    [
      "a missing last chunk",
      "GET / HTTP/1.1\nTransfer-Encoding: chunked\n\n3\r\nabc\r\n",
      "abc",
      false,
    ],
    [
      "a chunk that breaks off",
      "GET / HTTP/1.1\nTransfer-Encoding: chunked\n\nff\r\nabc",
      "abc",
      false,
    ],
    ["another coding", "GET / HTTP/1.1\nTransfer-Encoding: gzip\n\nabc", "abc", true],
  ])("%s", (_name, text, content, complete) => {
    expect(read(text)).toMatchObject({ content, complete });
  });

  it.each([
    ["", "no request line"],
    ["hello", "no request line"],
    ["GET /", "no request line"],
    ["GET / HTTP/2\n\n", "HTTP/2 is not read"],
    ["GET / HTTP/1.1\nHost : a\n\n", "no header line"],
    ["GET / HTTP/1.1\nHost: a\n b\n\n", "no header line"],
    ["GET / HTTP/1.1\nnonsense\n\n", "no header line"],
    ["GET / HTTP/1.1\nContent-Length: 1\nContent-Length: 2\n\nab", "not one number"],
    ["GET / HTTP/1.1\nContent-Length: 0x2\n\nab", "not one number"],
    ["GET / HTTP/1.1\nTransfer-Encoding: chunked\n\nxyz\n", "does not begin with its size"],
    ["GET / HTTP/1.1\nTransfer-Encoding: chunked\n\n2\r\nabc\r\n0\r\n\r\n", "longer than its size"],
  ])("%j is refused", (text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});
