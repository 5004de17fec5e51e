import {
  Body,
  Controller,
  Delete,
  Get,
  NotFoundException,
  Param,
  ParseIntPipe,
  Post,
} from "@nestjs/common";
import { ApiProperty } from "@nestjs/swagger";
import { HmacPrincipal, HmacProtected, HmacPublic, type Principal } from "@lacre/nestjs";

interface Order {
  readonly id: number;
  readonly item: string;
  readonly createdBy: string;
}

class NewOrder {
  @ApiProperty({ type: String, example: "tea" })
  readonly item?: unknown;
}

/** The API that the demo protects: a class under one rule, a method with a scope, a method that is public. */
@Controller("orders")
@HmacProtected()
export class OrdersController {
  readonly #orders: Order[] = [];
  #nextId = 1;

  @Get()
  list(): readonly Order[] {
    return this.#orders;
  }

  @Post()
  create(@Body() body: NewOrder, @HmacPrincipal() caller: Principal): Order {
    const order = {
      id: this.#nextId++,
      item: String(body?.item ?? "nothing"),
      createdBy: caller.appId,
    };
    this.#orders.push(order);
    return order;
  }

  @Delete(":id")
  @HmacProtected({ scopes: ["orders:delete"] })
  remove(@Param("id", ParseIntPipe) id: number): { removed: number } {
    const at = this.#orders.findIndex((order) => order.id === id);
    if (at < 0) throw new NotFoundException();
    this.#orders.splice(at, 1);
    return { removed: id };
  }

  @Get("health")
  @HmacPublic()
  health(): { status: string } {
    return { status: "ok" };
  }
}
