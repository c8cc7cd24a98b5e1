import type { BenchmarkRun } from '../benchmark.ts'
import { machineFacts } from '../report/machine.ts'
import { inflation, others, type ScanPeer, scanner } from './scan-peers.ts'
import { reportedScan, type ScanReport } from './scan-report.ts'
import { type ScannedPackage, scannedPackages } from './scanned-packages.ts'
import { type Cost, timed, timeProgram } from './timed-process.ts'

/** Larger ones are left to those that take them. */
const largeMegabytes = 100

/** Measures whole processes in turns: the scanner, plain inflation, and what else is installed. */
export async function benchmarkScan({
  rounds,
  say,
  signal,
}: BenchmarkRun & { readonly rounds: number }): Promise<ScanReport> {
  timeProgram()
  const packages = await scannedPackages(say)
  const measured = []
  for (const scanned of packages) {
    const peers = peersFor(scanned, say)
    const costs = new Map<ScanPeer, Cost[]>(peers.map((peer) => [peer, []]))
    for (let round = 1; round <= rounds; round++) {
      say(`${scanned.name}: round ${round} of ${rounds}`)
      for (const peer of peers) {
        const command = peer.command(scanned.file)
        if (command === undefined) continue
        try {
          const { codes = [0] } = peer
          costs.get(peer)?.push(await timed(command, { codes, signal }))
        } finally {
          peer.cleanUp?.()
        }
      }
    }
    measured.push(reportedScan(scanned, costs))
  }
  return { machine: machineFacts(), settings: { rounds }, packages: measured }
}

function peersFor({ megabytes, name }: ScannedPackage, say: (line: string) => void): ScanPeer[] {
  const theirs = others.filter((peer) => peer.takesLarge || megabytes < largeMegabytes)
  return [
    inflation,
    scanner,
    ...theirs.filter((peer) => {
      if (peer.command('') !== undefined) return true
      say(`${name}: ${peer.name} is not installed (${peer.install})`)
      return false
    }),
  ]
}
