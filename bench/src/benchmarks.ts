import { benchmarkAttestation } from './attestation/attestation-benchmark.ts'
import { meetsAttestationLimits } from './attestation/attestation-report.ts'
import { attestationText } from './attestation/attestation-text.ts'
import type { Benchmark } from './benchmark.ts'
import { benchmarkGateways } from './gateway-benchmark.ts'
import { nginxAuthRequest } from './peers/nginx-auth-request.ts'
import { sallyport, sallyportLayers } from './peers/sallyport.ts'
import { checkLimits, checkPairs, type PairLimit } from './report/report.ts'
import { reportText } from './report/report-text.ts'
import { benchmarkAuthority } from './authority/authority-benchmark.ts'
import { meetsAuthorityLimits } from './authority/authority-report.ts'
import { authorityText } from './authority/authority-text.ts'
import { benchmarkFlood } from './authority/flood/flood-benchmark.ts'
import { floodText, meetsFloodLimits } from './authority/flood/flood-report.ts'
import { benchmarkScan } from './scan/scan-benchmark.ts'
import { meetsScanLimits } from './scan/scan-report.ts'
import { scanText } from './scan/scan-text.ts'

/** What every layer at once may cost: beside the device stage alone, and beside how it is done at nginx. */
const layerLimits: readonly PairLimit[] = [
  { figure: 'http1Cpu', subject: sallyportLayers.name, to: sallyport.name, ratio: 1.35 },
  { figure: 'http1Cpu', subject: sallyportLayers.name, to: nginxAuthRequest.name, ratio: 1 },
]

/** Every benchmark there is. */
export const benchmarks: readonly Benchmark[] = [
  {
    name: 'gateway',
    summary:
      "Sallyport's gateway beside nginx, HAProxy, Caddy and @fastify/http-proxy, whichever is installed, with ratios to nginx",
    counts: {
      rounds: { summary: 'rounds, each loading every gateway in turn', default: 7, maximum: 1_000 },
      requests: {
        summary: 'requests of a round, for HTTP/1.1 and HTTP/2 each',
        default: 10_000,
        maximum: 1_000_000,
      },
      handshakes: { summary: 'handshakes of a round', default: 300, maximum: 100_000 },
    },
    async run({ rounds = 0, requests = 0, handshakes = 0 }, run) {
      const settings = { rounds, requests, handshakes, concurrency: 32, handshakeConcurrency: 8 }
      const report = await benchmarkGateways({ ...settings, ...run })
      const own = report.gateways.find(({ name }) => name === sallyport.name)
      return {
        report,
        text: reportText(report, sallyport.name, layerLimits),
        meetsLimits: [
          ...(own === undefined ? [{ isMet: false }] : checkLimits(own)),
          ...checkPairs(report.gateways, layerLimits),
        ].every(({ isMet }) => isMet),
      }
    },
  },
  {
    name: 'attestation',
    summary:
      'Verifications of real attestations, each beside the bare signature verifications that are in it',
    counts: {
      rounds: {
        summary: 'rounds, each with every attestation in turn',
        default: 25,
        maximum: 1_000,
      },
      verifications: {
        summary: 'verifications of a round, of each attestation',
        default: 200,
        maximum: 100_000,
      },
    },
    async run({ rounds = 0, verifications = 0 }, run) {
      const report = await benchmarkAttestation({ rounds, verifications, ...run })
      return {
        report,
        text: attestationText(report),
        meetsLimits: meetsAttestationLimits(report),
      }
    },
  },
  {
    name: 'scan',
    summary:
      'sallyport scan on a real package and on a large one, beside plain inflation, apktool and androguard, whichever is installed',
    counts: {
      rounds: { summary: 'rounds, each with every program in turn', default: 5, maximum: 100 },
    },
    async run({ rounds = 0 }, run) {
      const report = await benchmarkScan({ rounds, ...run })
      return { report, text: scanText(report), meetsLimits: meetsScanLimits(report) }
    },
  },
  {
    name: 'authority',
    summary:
      'What an authority does for a device, beside the bare cryptography in it, and what a revocation costs where many were revoked before',
    counts: {
      rounds: { summary: 'rounds, each with every kind of work in turn', default: 7, maximum: 100 },
      times: { summary: 'enrolments, and renewals, of a round', default: 200, maximum: 10_000 },
      revoked: {
        summary: 'how many are revoked when that is measured, at most',
        default: 100_000,
        maximum: 1_000_000,
      },
    },
    async run({ rounds = 0, times = 0, revoked = 0 }, run) {
      const report = await benchmarkAuthority({ rounds, times, revoked, ...run })
      return { report, text: authorityText(report), meetsLimits: meetsAuthorityLimits(report) }
    },
  },
  {
    name: 'flood',
    summary:
      'How long renewals take while strangers offer an authority bogus enrolments, beside how long they take in quiet',
    counts: {
      rounds: {
        summary: 'rounds, each with quiet and then every kind in turn',
        default: 5,
        maximum: 100,
      },
      times: {
        summary: 'bogus requests of a kind in a round',
        default: 10_000,
        maximum: 1_000_000,
      },
      atOnce: { summary: 'how many of them at once', default: 10_000, maximum: 15_000 },
      quiet: { summary: 'seconds of quiet in a round', default: 15, maximum: 600 },
    },
    async run({ rounds = 0, times = 0, atOnce = 0, quiet = 0 }, run) {
      const report = await benchmarkFlood({ rounds, times, atOnce, quiet, ...run })
      return { report, text: floodText(report), meetsLimits: meetsFloodLimits(report) }
    },
  },
]
