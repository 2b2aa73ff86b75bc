import { createHttpService, type HttpServiceOptions } from '../service/http-service.js';
import type { Service } from '../service/service.js';
import { cartRoutes } from './http-api.js';
import { cartMigrations } from './migrations/0001-carts.js';

/** Keeps what customers mean to buy. */
export function createCartService(options: HttpServiceOptions): Service {
  return createHttpService({ name: 'carts', migrations: cartMigrations, routes: cartRoutes }, options);
}
