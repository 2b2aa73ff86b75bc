import type { Logger } from '@backstitch/messaging';
import { createInMemoryBroker, type InMemoryTransport } from '@backstitch/messaging/testing';
import { createCartService } from '../carts/cart-service.js';
import { createInventoryService } from '../inventory/inventory-service.js';
import { createOrderService } from '../orders/order-service.js';
import { createPaymentsService } from '../payments/payments-service.js';
import { createProductService } from '../products/product-service.js';
import type { Service } from '../service/service.js';
import type { MessagingServiceName, ServiceName } from '../service-names.js';
import { type SilenceableTransport, silenceableTransport } from '../transport/silenceable-transport.js';
import type { CleanUp } from './clean-up.js';
import type { DemoStage } from './demo-stage.js';
import type { DemoDatabases } from './open-databases.js';

export interface MemoryStageOptions extends DemoDatabases {
  readonly cleanUp: CleanUp;
  readonly logger: Logger;
}

interface Running {
  readonly service: Service;
  readonly connection: InMemoryTransport;
  readonly transport: SilenceableTransport;
}

/** All five services in this process, each with a connection of its own to a broker in memory. */
export async function memoryStage({ servers, databases, cleanUp, logger }: MemoryStageOptions): Promise<DemoStage> {
  const broker = createInMemoryBroker();
  const urls: Partial<Record<ServiceName, string>> = {};
  const running = new Map<MessagingServiceName, Running>();
  const url = (name: ServiceName): string => urls[name] ?? '';

  const create = (name: MessagingServiceName, transport: SilenceableTransport): Service => {
    const options = { databaseUrl: servers[name], transport, logger };
    switch (name) {
      case 'inventory':
        return createInventoryService(options);
      case 'payments':
        return createPaymentsService(options);
      case 'orders':
        return createOrderService({
          ...options,
          sources: { cartsUrl: url('carts'), productsUrl: url('products') },
          answerWithin: '2s',
        });
      default:
        return name satisfies never;
    }
  };
  const startMessaging = async (name: MessagingServiceName): Promise<void> => {
    const connection = broker.transport();
    const transport = silenceableTransport(connection);
    const service = create(name, transport);
    running.set(name, { service, connection, transport });
    urls[name] = (await service.start()).url;
  };
  const startHttp = async (name: 'products' | 'carts', service: Service): Promise<void> => {
    cleanUp.add(() => service.stop());
    urls[name] = (await service.start()).url;
  };
  const stop = async (name: MessagingServiceName): Promise<void> => {
    const { service, transport } = running.get(name) ?? {};
    running.delete(name);
    transport?.speak();
    await service?.stop();
    await transport?.close();
  };

  const transport = broker.transport();
  cleanUp.add(() => transport.close());
  await startHttp('products', createProductService({ databaseUrl: servers.products, transport, logger }));
  await startHttp('carts', createCartService({ databaseUrl: servers.carts, logger }));
  for (const name of ['inventory', 'payments', 'orders'] as const) {
    cleanUp.add(() => stop(name));
    await startMessaging(name);
  }
  return {
    urls: () => urls as Record<ServiceName, string>,
    databases,
    silence: (name) => running.get(name)?.transport.silence(),
    speak: (name) => running.get(name)?.transport.speak(),
    async crash(name) {
      // Its broker connection breaks first: nothing that it still does in memory can reach anybody.
      running.get(name)?.connection.crash();
      await stop(name);
    },
    restart: startMessaging,
  };
}
