export { type InvariantReport, type Invariants, checkInvariants } from './checks/check-invariants.js';
export { inventory } from './contracts/inventory.js';
export { type Order, order } from './contracts/order.js';
export { payments } from './contracts/payments.js';
export { eventTopics, orderFlowEvents, type OrderFlowEvent } from './events/event-catalog.js';
export { validateEvent } from './events/validate-event.js';
export { createOrderService, type OrderService, type OrderServiceOptions } from './orders/order-service.js';
export { type OrderSagaOptions, type PlaceOrder, placeOrderSaga } from './orders/order-saga.js';
export {
  type MessagingServiceName,
  type PublishingServiceName,
  type ServiceName,
  serviceNames,
} from './service-names.js';
export { type OrderFlow, startOrderFlow, type StartOrderFlowOptions } from './start-order-flow.js';
export { type Shop, createShop } from './shop.js';
export { createServiceFleet, type ServiceFleet, type ServiceFleetOptions } from './service/service-fleet.js';
