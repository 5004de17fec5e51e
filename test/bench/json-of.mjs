/** An order as JSON of so many bytes. */
export function jsonOf(bytes) {
  const order = { id: "8f14e45f", currency: "EUR", lines: [], note: "" };
  for (let i = 0; JSON.stringify(order).length < bytes - 60; i++)
    order.lines.push({ sku: `A-${1000 + i}`, quantity: i + 1, price: 9.99 });
  order.note = "x".repeat(bytes - JSON.stringify(order).length);
  return JSON.stringify(order);
}
