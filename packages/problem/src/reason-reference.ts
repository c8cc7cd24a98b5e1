import { areas, type Reason } from './reason.ts'
import { reasons } from './reasons.ts'

const areaTitles: Record<Reason['area'], string> = {
  device: 'The device',
  status: 'Device status at the gateway',
  token: 'The access token of a user',
  access: 'What the user may do',
  address: 'Where requests come from',
  limit: 'Limits',
  request: 'The request',
  upstream: 'The service behind the gateway',
  enrolment: 'Enrolment and renewal',
  attestation: 'Evidence of a key (attestation)',
  admin: 'The admin API and gateways',
  setup: 'Setup and the command line',
}

/** `docs/reference/reasons.md`, whole, as Markdown. */
export function reasonReference(): string {
  const sections = areas.map((area) => {
    const rows = Object.entries<Reason>(reasons).filter(([, reason]) => reason.area === area)
    return [`## ${areaTitles[area]}`, '', ...rows.flatMap(([code, reason]) => entry(code, reason))]
  })
  return [
    '# Reasons',
    '',
    'Every refusal carries one of these codes. They are stable: a code is never given another meaning.',
    'Where a reason has a public face, a caller outside is told that code instead, and the operator sees the exact one',
    'with `sallyport explain`.',
    '',
    ...sections.flat(),
  ].join('\n')
}

function entry(code: string, reason: Reason): string[] {
  const facts = [
    reason.status === 0 ? 'no HTTP answer' : `HTTP ${reason.status}`,
    reason.retryable ? 'retryable' : 'not retryable',
    ...(reason.action === undefined ? [] : [`action \`${reason.action}\``]),
    ...(reason.publicCode === undefined ? [] : [`public face \`${reason.publicCode}\``]),
  ]
  return [`### \`${code}\``, '', `${reason.title}. ${facts.join(' · ')}.`, '', reason.fix, '']
}
