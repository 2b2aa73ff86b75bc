import { type Logger, silentLogger, type Transport } from '@backstitch/messaging';
import type { Duration } from '@backstitch/saga-core';
import { createCartService } from './carts/cart-service.js';
import { createInventoryService } from './inventory/inventory-service.js';
import { createOrderService, type OrderService } from './orders/order-service.js';
import { createPaymentsService } from './payments/payments-service.js';
import { createProductService } from './products/product-service.js';
import type { Service } from './service/service.js';
import type { PublishingServiceName, ServiceName } from './service-names.js';

export interface StartOrderFlowOptions {
  /** A connection string for each service: an empty database of its own, or one that it made before. That of products may be `mysql://…`. */
  readonly servers: Readonly<Record<ServiceName, string>>;
  /** Each service's own connection to the broker. It stays the caller's to close, after `stop`. */
  transportFor(service: PublishingServiceName): Transport;
  /** Default: nothing is logged. */
  readonly logger?: Logger;
  /** How long one attempt of a participant may take. Default 5s. */
  readonly answerWithin?: Duration;
}

export interface OrderFlow {
  readonly urls: Readonly<Record<ServiceName, string>>;
  /** The order service, for programs that place orders without HTTP: `orders.engine.start(orders.placeOrder, { input })`. */
  readonly orders: OrderService;
  stop(): Promise<void>;
}

/** All five services in this process. */
export async function startOrderFlow(options: StartOrderFlowOptions): Promise<OrderFlow> {
  const { servers, transportFor, logger = silentLogger, answerWithin } = options;
  const started: Service[] = [];
  const stop = async (): Promise<void> => {
    // Who commands is stopped before who is commanded.
    for (const service of started.splice(0).reverse()) await service.stop();
  };
  const start = async (service: Service): Promise<string> => {
    started.push(service);
    return (await service.start()).url;
  };
  try {
    const messaging = (name: PublishingServiceName) => ({
      databaseUrl: servers[name],
      transport: transportFor(name),
      logger,
    });
    const products = await start(createProductService(messaging('products')));
    const carts = await start(createCartService({ databaseUrl: servers.carts, logger }));
    const inventory = await start(createInventoryService(messaging('inventory')));
    const payments = await start(createPaymentsService(messaging('payments')));
    const sources = { cartsUrl: carts, productsUrl: products };
    const orders = createOrderService({
      ...messaging('orders'),
      sources,
      ...(answerWithin === undefined ? {} : { answerWithin }),
    });
    return { urls: { products, carts, inventory, payments, orders: await start(orders) }, orders, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
