export const serviceNames = ['products', 'carts', 'inventory', 'payments', 'orders'] as const;
/** In the order in which they are started: orders asks products and carts, and commands inventory and payments. */
export type ServiceName = (typeof serviceNames)[number];
/** The services of the saga: they talk with each other over the broker. */
export type MessagingServiceName = 'inventory' | 'payments' | 'orders';
/** Those, and products, which only tells the world what it offers. */
export type PublishingServiceName = MessagingServiceName | 'products';
