import { createHash, randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import {
  BadRequestException,
  Controller,
  Post,
  Put,
  Req,
  UploadedFile,
  UseInterceptors,
} from "@nestjs/common";
import { FileInterceptor } from "@nestjs/platform-express";
import { ApiBody, ApiConsumes } from "@nestjs/swagger";
import { HmacProtected } from "@lacre/nestjs";

interface Received {
  readonly bytes: number;
  readonly sha256: string;
}

const FILE = { type: "string", format: "binary" };

@Controller("uploads")
@HmacProtected()
export class UploadsController {
  /** A form with a file, read by multer: the signature covers the bytes of the whole form. */
  @Post()
  @ApiConsumes("multipart/form-data")
  @ApiBody({ schema: { type: "object", properties: { file: FILE } } })
  @UseInterceptors(FileInterceptor("file"))
  form(@UploadedFile() file?: { buffer: Buffer }): Received {
    if (file === undefined) throw new BadRequestException('send a form with a "file"');
    return {
      bytes: file.buffer.length,
      sha256: createHash("sha256").update(file.buffer).digest("hex"),
    };
  }

  /**
   * A file of any size, written while it arrives. If its bytes are not those that were signed, the stream fails
   * before its end: only what came whole gets its name.
   */
  @Put("stream")
  @HmacProtected({ body: "stream" })
  @ApiConsumes("application/octet-stream")
  @ApiBody({ schema: FILE })
  async stream(@Req() request: Readable): Promise<Received> {
    const place = join(tmpdir(), `lacre-demo-${randomUUID()}`);
    const hash = createHash("sha256");
    let bytes = 0;
    try {
      await pipeline(
        request,
        async function* (source: AsyncIterable<Buffer>) {
          for await (const chunk of source) {
            bytes += chunk.length;
            hash.update(chunk);
            yield chunk;
          }
        },
        createWriteStream(`${place}.part`),
      );
      await rename(`${place}.part`, place);
      return { bytes, sha256: hash.digest("hex") };
    } finally {
      await rm(`${place}.part`, { force: true });
      await rm(place, { force: true }); // a demo keeps nothing
    }
  }
}
