import { createHttpService, type HttpServiceOptions } from '../service/http-service.js';
import type { Service } from '../service/service.js';
import { productRoutes } from './http-api.js';
import { productMigrations } from './migrations/0001-products.js';

/** Knows names and prices. */
export function createProductService(options: HttpServiceOptions): Service {
  return createHttpService({ name: 'products', migrations: productMigrations, routes: productRoutes }, options);
}
