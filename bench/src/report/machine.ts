import os from 'node:os'

/** What figures depend on, for whoever compares them. */
export function machineFacts(): Readonly<Record<string, string | number>> {
  const [cpu] = os.cpus()
  return {
    processor: cpu?.model.trim() ?? 'unknown',
    cores: os.availableParallelism(),
    kernel: os.release(),
    node: process.versions.node,
    openssl: process.versions.openssl ?? 'unknown',
  }
}
