import { blocksOf } from "../docs/markdown.js";
import type { FreshApp } from "./fresh-app.js";

/* What the author of a fresh application writes into it, as the README says. */

const CONTROLLER = "src/app.controller.ts";
const MODULE = "src/app.module.ts";

const ORIGINS = "origins: [`http://localhost:${process.env.PORT ?? 3000}`],";
const APPS = "apps: { orders: process.env.ORDERS_KEY ?? '' },";

const SIGNING = `HmacModule.forRoot({
      ${APPS}
      ${ORIGINS}
    }),`;

const SIGNING_WITH_ITS_CACHE = `CacheModule.register({
      isGlobal: true,
      stores: [new KeyvRedis(process.env.REDIS_URL)],
    }),
    HmacModule.forRootAsync({
      inject: [CACHE_MANAGER],
      useFactory: (nonces: Cache) => ({
        ${APPS}
        ${ORIGINS}
        nonces,
        clockSpread: 1, // so that the fence of a shared store is short
      }),
    }),`;

const HANDLERS = `
  @Get('whoami')
  whoAmI(@HmacPrincipal() caller: Principal): string {
    return caller.appId;
  }

  @Post()
  create(@Body() order: object): object {
    return order;
  }
}
`;

/** Protects the controller, and lets its tests know of it. */
export async function protectTheApp(app: FreshApp): Promise<void> {
  const common = "import { Controller, Get } from '@nestjs/common';";
  await app.edit(
    CONTROLLER,
    [
      common,
      `import { HmacPrincipal, HmacProtected, type Principal } from '@lacre/nestjs';
import { Body, Controller, Get, Post } from '@nestjs/common';`,
    ],
    ["@Controller()", "@HmacProtected()\n@Controller()"],
    [/\}\n\}\n$/, `}\n${HANDLERS}`],
  );
  await app.edit(
    MODULE,
    [
      "import { Module } from '@nestjs/common';",
      "import { HmacModule } from '@lacre/nestjs';\nimport { Module } from '@nestjs/common';",
    ],
    ["imports: [],", `imports: [\n    ${SIGNING}\n  ],`],
  );
  await editUnitTests(app);
  await editTestsEndToEnd(app);
}

/** The application and the tests of docs/recipes/testing.md, beside its own. */
export async function writeTheRecipe(app: FreshApp): Promise<void> {
  for (const { file, code } of blocksOf("docs/recipes/testing.md"))
    // "In CommonJS leave out the `.js`."
    await app.write({
      [file]: app.nest === 11 ? code.replace(/(from "\.[^"]*)\.js"/g, '$1"') : code,
    });
}

/** `AuthGuard("hmac")` in place of the decorator. */
export async function guardWithPassport(app: FreshApp): Promise<void> {
  await app.edit(
    CONTROLLER,
    ["import { HmacPrincipal, HmacProtected,", "import { HmacPrincipal,"],
    ["@HmacProtected()", "@UseGuards(AuthGuard('hmac'))"],
    ["Get, Post } from '@nestjs/common';", "Get, Post, UseGuards } from '@nestjs/common';"],
    ["import { Body,", "import { AuthGuard } from '@nestjs/passport';\nimport { Body,"],
  );
}

/** The application's own cache keeps the nonces, as docs/recipes/several-processes.md says. */
export async function keepNoncesInItsCache(app: FreshApp): Promise<void> {
  await app.edit(
    MODULE,
    [
      "import { Module }",
      `import KeyvRedis from '@keyv/redis';
import { CACHE_MANAGER, CacheModule } from '@nestjs/cache-manager';
import type { Cache } from 'cache-manager';
import { Module }`,
    ],
    [SIGNING, SIGNING_WITH_ITS_CACHE],
  );
}

async function editUnitTests(app: FreshApp): Promise<void> {
  await app.edit(
    "src/app.controller.spec.ts",
    [
      "import { Test, TestingModule } from '@nestjs/testing';",
      `import { ConfigurationError, HmacGuard, HmacModule } from '@lacre/nestjs';
import { ConfigurationError as OfTheCore } from '@lacre/core';
import { Test, TestingModule } from '@nestjs/testing';`,
    ],
    [
      "    }).compile();",
      `    })
      .overrideGuard(HmacGuard)
      .useValue({ canActivate: () => true })
      .compile();`,
    ],
    [
      /\}\);\n$/,
      `
  describe('orders', () => {
    it('should be echoed', () => {
      expect(appController.create({ item: 'tea' })).toEqual({ item: 'tea' });
    });
  });

  describe('the module', () => {
    it('should want options', () => {
      expect(() => HmacModule.forRoot(undefined as never)).toThrow(
        ConfigurationError,
      );
      expect(ConfigurationError).toBe(OfTheCore);
    });
  });
});
`,
    ],
  );
}

async function editTestsEndToEnd(app: FreshApp): Promise<void> {
  await app.edit(
    "test/app.e2e-spec.ts",
    [
      "import { Test, TestingModule } from '@nestjs/testing';",
      `import { HmacGuard } from '@lacre/nestjs';
import { Test, TestingModule } from '@nestjs/testing';`,
    ],
    [
      `      .get('/')
      .expect(200)
      .expect('Hello World!');
  });
`,
      `      .get('/')
      .expect(401);
  });

  it('/ (GET, POST), without the guard', async () => {
    const moduleFixture: TestingModule = await Test.createTestingModule({
      imports: [AppModule],
    })
      .overrideGuard(HmacGuard)
      .useValue({ canActivate: () => true })
      .compile();
    const open: INestApplication<App> = moduleFixture.createNestApplication();
    await open.init();
    const agent = request(open.getHttpServer());
    await agent.get('/').expect(200).expect('Hello World!');
    await agent.post('/').send({ item: 'tea' }).expect(201, { item: 'tea' });
    await open.close();
  });
`,
    ],
  );
}
