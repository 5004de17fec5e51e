import { All, Body, Controller } from "@nestjs/common";
import { HmacPrincipal, HmacProtected } from "@lacre/nestjs";

/** Takes AWS Signature Version 4, so that `curl --aws-sigv4` and every AWS library can call it. */
@Controller("aws")
@HmacProtected({ schemes: ["aws-sigv4"], replay: "once" })
export class AwsController {
  @All()
  echo(
    @HmacPrincipal("appId") appId: string,
    @Body() body: unknown,
  ): { appId: string; body: unknown } {
    return { appId, body: body ?? null };
  }
}
