import type { AttestationStatus, ListedDevicePage } from '@sallyport/authority'
import { formatFacts } from '../terminal/facts.ts'
import type { Output } from '../terminal/output.ts'
import { printable } from '../terminal/printable.ts'
import { momentWords, spanWords } from '../terminal/span.ts'
import { formatTable } from '../terminal/table.ts'

type Paint = Output['paint']
type Receipts = AttestationStatus['receipts'][number]
type Document = AttestationStatus['statusList'] | AttestationStatus['roots']

/** The devices that the list is about, as far as they are told. */
export type ListedDevices = ListedDevicePage['devices']

/** What evidence is judged by: how fresh it is, what is wrong, and whom the list brings down. */
export function statusText(
  status: AttestationStatus & { listedDevices: ListedDevices },
  paint: Paint,
  now: number,
): string {
  const { statusList, roots, devices, receipts, problems } = status
  const heading = (text: string): string => paint('bold', text)
  return [
    ...(status.needed
      ? []
      : ['No app takes Android Key Attestation: status list and roots are not asked for']),
    `${heading('Status list')}\n${indent(formatFacts({ ...documentFacts(statusList, now), ...listFacts(statusList) }))}`,
    `${heading('Roots')}\n${indent(formatFacts(documentFacts(roots, now)))}\n\n${indent(formatTable(rootRows(roots)))}`,
    `${heading('Enrolled devices')}\n${indent(formatFacts(deviceFacts(devices)))}${listedText(status.listedDevices)}`,
    ...receipts
      .filter(isUsed)
      .map(
        (each) =>
          `${heading(`App Attest receipts of ${each.teamId}, ${each.environment}`)}\n${indent(formatFacts(receiptFacts(each, now)))}`,
      ),
    problems.length === 0
      ? paint('green', 'Nothing is wrong')
      : problems.map((problem) => problemText(problem, paint)).join('\n'),
  ].join('\n\n')
}

function documentFacts(
  { source, url, fetchedAt, ageSeconds, nextAttemptAt }: Document,
  now: number,
) {
  return {
    source: source ?? 'none is there',
    url: url ?? 'not fetched',
    fetchedAt,
    age: ageSeconds === null ? null : spanWords(ageSeconds * 1_000),
    next: nextAttemptAt === null ? null : momentWords(Date.parse(nextAttemptAt), now),
  }
}

function listFacts({
  entries,
  tooOld,
  whenTooOld,
  maxAgeSeconds,
  doubted,
}: AttestationStatus['statusList']) {
  const limit = spanWords(maxAgeSeconds * 1_000)
  return {
    entries,
    tooOld: `${tooOld ? 'yes' : 'no'}: after ${limit}, ${whenTooOld}`,
    ...(doubted === null
      ? {}
      : { doubted: `${doubted.sha256}: ${doubted.entries} entries, fetched ${doubted.fetchedAt}` }),
  }
}

function rootRows({ pinned, unpinned, development }: AttestationStatus['roots']) {
  return [...pinned, ...unpinned, ...development].map(
    ({ spkiSha256, subject, trusted, published }) => {
      return { key: spkiSha256, subject, trusted, published }
    },
  )
}

function deviceFacts(devices: AttestationStatus['devices']) {
  const { listed, waiting, lifted, onRevokedSerial, sweptAt, sweepMs } = devices
  return { listed, waiting, lifted, onRevokedSerial, sweptAt, sweepMs }
}

/** Of a device in an app of mode shadow nothing but this line tells. */
function listedText(devices: ListedDevices): string {
  if (devices.length === 0) return ''
  const rows = devices.map(({ deviceId, appId, status, listed, serial }) => {
    return { device: deviceId, app: appId, status, listed: listed ?? 'not any more', serial }
  })
  return `\n\n${indent(formatTable(rows))}`
}

/** Few teams have builds from Xcode enrolled. */
function isUsed({ environment, due, nextAttemptAt }: Receipts): boolean {
  return environment === 'production' || due > 0 || nextAttemptAt !== null
}

function receiptFacts(
  { url, due, dueSince, atRisk, maxRiskMetric, onRisk, answeredAt, nextAttemptAt }: Receipts,
  now: number,
) {
  const isWaiting = nextAttemptAt !== null && Date.parse(nextAttemptAt) > now
  return {
    url,
    due,
    dueSince,
    atRisk: maxRiskMetric === null ? 'no maxRiskMetric' : atRisk,
    ...(maxRiskMetric === null ? {} : { maxRiskMetric, onRisk }),
    answeredAt,
    ...(isWaiting ? { next: momentWords(Date.parse(nextAttemptAt), now) } : {}),
  }
}

function problemText(
  { code, about, title, detail, fix, since }: AttestationStatus['problems'][number],
  paint: Paint,
): string {
  return [
    `${paint('red', '✗')} ${about}: ${printable(title)} (${printable(code)}), since ${since}`,
    `    found  ${printable(detail)}`,
    `    fix    ${printable(fix)}`,
  ].join('\n')
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ')
}
