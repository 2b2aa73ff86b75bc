export const serviceNames = ['products', 'carts', 'inventory', 'payments', 'orders'] as const;
/** In the order in which they are started: orders asks products and carts, and commands inventory and payments. */
export type ServiceName = (typeof serviceNames)[number];
/** The services that talk over the broker. */
export type MessagingServiceName = 'inventory' | 'payments' | 'orders';
