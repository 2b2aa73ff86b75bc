import { createRequire } from 'node:module';
import * as runtime from '@prisma/client/runtime/client';

const require = createRequire(import.meta.url);
const compiler = '@prisma/client/runtime/query_compiler_fast_bg.postgresql';
const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: { Module: new (bytes: Buffer) => object } };

/** As far as it is used of the client that Prisma's generator makes of the schema below. */
export interface PrismaClientLike extends PrismaTransaction {
  $transaction<T>(work: (tx: PrismaTransaction) => Promise<T>): Promise<T>;
  $disconnect(): Promise<void>;
}

export interface PrismaTransaction {
  readonly order: { create(call: { readonly data: { readonly id: string; readonly item: string } }): Promise<unknown> };
  $queryRawUnsafe<T>(text: string, ...values: readonly unknown[]): Promise<T>;
}

const inlineSchema = `
generator client {
  provider = "prisma-client"
  output   = "../gen"
}
datasource db {
  provider = "postgresql"
}
model Order {
  id   String @id
  item String
  @@map("orders")
}`;

const field = (name: string): object => ({ name, kind: 'scalar', type: 'String' });
const strings =
  'where Order.findUnique Order.findUniqueOrThrow orderBy cursor Order.findFirst Order.findFirstOrThrow Order.findMany data Order.createOne Order.createMany Order.createManyAndReturn Order.updateOne Order.updateMany Order.updateManyAndReturn create update Order.upsertOne Order.deleteOne Order.deleteMany having _count _min _max Order.groupBy Order.aggregate AND OR NOT id item equals in notIn lt lte gt gte contains startsWith endsWith not set';
const graph =
  'JAkQBRoAAB8AMBsAAAQAEBwAAB8AMB0BAAAAAR4BACAAIQEAAAABACABAAAAAQAgBRoAAB8AMBsAAAQAEBwAAB8AMB0BACAAIR4BACAAIQADAAAABAAgAwAABQAwBAAAAQAgAwAAAAQAIAMAAAUAMAQAAAEAIAMAAAAEACADAAAFADAEAAABACACHQEAAAABHgEAAAABAQgAAAkAIAIdAQAAAAEeAQAAAAEBCAAACwAwAQgAAAsAMAIdAQAkACEeAQAkACECAAAAAQAgCAAADgAgAh0BACQAIR4BACQAIQIAAAAEACAIAAAQACACAAAABAAgCAAAEAAgAwAAAAEAIA8AAAkAIBAAAA4AIAEAAAABACABAAAABAAgAxUAACEAIBYAACMAIBcAACIAIAUaAAAaADAbAAAXABAcAAAaADAdAQAbACEeAQAbACEDAAAABAAgAwAAFgAwFAAAFwAgAwAAAAQAIAMAAAUAMAQAAAEAIAUaAAAaADAbAAAXABAcAAAaADAdAQAbACEeAQAbACEOFQAAHQAgFgAAHgAgFwAAHgAgHwEAAAABIAEAAAAEIQEAAAAEIgEAAAABIwEAAAABJAEAAAABJQEAAAABJgEAAAABJwEAAAABKAEAAAABKQEAHAAhDhUAAB0AIBYAAB4AIBcAAB4AIB8BAAAAASABAAAABCEBAAAABCIBAAAAASMBAAAAASQBAAAAASUBAAAAASYBAAAAAScBAAAAASgBAAAAASkBABwAIQgfAgAAAAEgAgAAAAQhAgAAAAQiAgAAAAEjAgAAAAEkAgAAAAElAgAAAAEpAgAdACELHwEAAAABIAEAAAAEIQEAAAAEIgEAAAABIwEAAAABJAEAAAABJQEAAAABJgEAAAABJwEAAAABKAEAAAABKQEAHgAhBRoAAB8AMBsAAAQAEBwAAB8AMB0BACAAIR4BACAAIQsfAQAAAAEgAQAAAAQhAQAAAAQiAQAAAAEjAQAAAAEkAQAAAAElAQAAAAEmAQAAAAEnAQAAAAEoAQAAAAEpAQAeACEAAAABKgEAAAABAAAAAAMVAAYWAAcXAAgAAAADFQAGFgAHFwAIAQIBAgMBBQYBBgcBBwgBCQoBCgwCCw0DDA8BDRECDhIEERMBEhQBExUCGBgFGRkJ';

/** What `prisma generate` 7.10 writes for this schema, without its types: the CLI wants to fetch an engine of its own, and this needs none. */
export const PrismaClient = runtime.getPrismaClient({
  previewFeatures: [],
  clientVersion: '7.10.0',
  engineVersion: 'd1b3f377ca835d73fd50954a5e22128b9ebdd6b8',
  activeProvider: 'postgresql',
  inlineSchema,
  runtimeDataModel: {
    models: { Order: { fields: [field('id'), field('item')], dbName: 'orders', schema: null } },
    enums: {},
    types: {},
  },
  parameterizationSchema: { strings: strings.split(' '), graph },
  compilerWasm: {
    getRuntime: async () => require(`${compiler}.js`) as unknown,
    async getQueryCompilerWasmModule() {
      const { wasm } = require(`${compiler}.wasm-base64.js`) as { readonly wasm: string };
      return new WebAssembly.Module(Buffer.from(wasm, 'base64'));
    },
    importName: './query_compiler_fast_bg.js',
  },
} as never) as unknown as new (options: {
  readonly adapter: object;
}) => PrismaClientLike;
