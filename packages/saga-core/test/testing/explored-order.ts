/** What the order saga is explored with. */
export const exploredOrder = {
  input: { total: 5, skus: ['tea'] },
  outputs: {
    createOrder: { orderId: 'o1' },
    reserveStock: { reservationId: 'r1' },
    authorizePayment: { authId: 'a1' },
    capturePayment: { receipt: 'q1' },
  },
};
