/**
 * Milliseconds that this process has had of processors. What runs away shows in them as on a clock; that a machine
 * has much else to do does not.
 */
export function processorMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}
