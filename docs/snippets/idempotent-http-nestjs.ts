import 'reflect-metadata';
import type { INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { idempotency } from './idempotent-http-requests.js';

// #region nestjs
import { nestIdempotency } from '@backstitch/idempotency/nestjs';
import {
  Body,
  Controller,
  createParamDecorator,
  Header,
  HttpCode,
  Module,
  Post,
  UseInterceptors,
} from '@nestjs/common';
import type { Knex } from 'knex';

const idempotent = nestIdempotency({
  idempotency,
  principal: (request) => String(request.headers['x-authenticated-user'] ?? ''),
});
const Transaction = createParamDecorator((_data, context) => idempotent.transaction(context));

@Controller('orders')
@UseInterceptors(idempotent)
class OrdersController {
  @Post()
  @HttpCode(201)
  @Header('cache-control', 'no-store')
  async place(@Transaction() trx: Knex.Transaction, @Body() body: { item: string }): Promise<object> {
    const [order] = await trx('orders').insert({ item: body.item }).returning('id');
    return order;
  }
}
// #endregion nestjs

@Module({ controllers: [OrdersController] })
class Shop {}

/** On Fastify; on Express without the adapter. */
export function nestApp(): Promise<INestApplication> {
  return NestFactory.create(Shop, new FastifyAdapter(), { logger: false });
}
