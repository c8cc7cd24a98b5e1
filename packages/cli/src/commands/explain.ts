import { Problem } from '@sallyport/problem'
import type { AdminClient } from '../admin/admin-client.ts'
import { configuredClient } from '../admin/configured-client.ts'
import type { ExitCode, Input, Operation } from '../command.ts'
import { locateConfig } from '../configuration/locate.ts'
import { isFile, readFirstCertificate } from '../explain/read-certificate.ts'
import {
  certificateWords,
  type ExplainedDecision,
  explainedWords,
  handshakeWords,
} from '../explain/explain-words.ts'
import { textOption } from '../input.ts'
import type { Output } from '../terminal/output.ts'
import { timeTextBefore } from '../time-input.ts'

const hourMs = 3_600_000

export const explain: Operation = async (input, output) => {
  const client = configuredClient(input)
  const [subject] = input.arguments
  const address = textOption(input, 'address')
  if ((subject === undefined) === (address === undefined)) {
    throw new Problem('command_usage', {
      detail: 'Explain one thing',
      expected: 'a request id, a support code, a certificate file, or --address',
      found: subject === undefined ? 'none of them' : 'two of them',
    })
  }
  if (address !== undefined) return await explainAddress(client, input, output, address)
  if (subject !== undefined && isFile(subject)) {
    return await explainFile(client, input, output, subject)
  }
  return await explainRequest(client, input, output, subject ?? '')
}

async function explainFile(
  client: AdminClient,
  input: Input,
  output: Output,
  file: string,
): Promise<ExitCode> {
  const der = readFirstCertificate(file)
  const { readGatewayView } = await import('../explain/gateway-view.ts')
  const { explainCertificate } = await import('../explain/explain-certificate.ts')
  const view = readGatewayView(locateConfig(input))
  const explanation = await explainCertificate(der, client, view, Date.now())
  output.result(explanation, () => certificateWords(explanation, output.paint))
  return explanation.ok ? 0 : 1
}

async function explainRequest(
  client: AdminClient,
  input: Input,
  output: Output,
  id: string,
): Promise<ExitCode> {
  const { localDecision } = await import('../explain/local-decision.ts')
  const local = await localDecision(locateConfig(input), id)
  const decisions = local === undefined ? await reportedDecisions(client, id) : [local]
  output.result(decisions, () =>
    decisions.map((decision) => explainedWords(decision, output.paint)).join('\n\n'),
  )
  if (decisions.length > 0) return 0
  output.say(
    `Nothing is known of ${id}. Refusals reach the authority within five seconds and are kept for 30 days; of requests that were let through a gateway keeps the last ones. No file has this name either.`,
  )
  return 1
}

/** What gateways reported to the authority, and what the authority refused itself. */
async function reportedDecisions(client: AdminClient, id: string): Promise<ExplainedDecision[]> {
  const { decisions, appraisals } = await client.call('findDecisions', { path: { id } })
  return decisions.map((found) => ({
    ...found,
    appraisals: appraisals.filter(({ requestId }) => requestId === found.decision.requestId),
  }))
}

async function explainAddress(
  client: AdminClient,
  input: Input,
  output: Output,
  address: string,
): Promise<ExitCode> {
  const now = Date.now()
  const since = timeTextBefore(input, 'since', now) ?? new Date(now - hourMs).toISOString()
  const { handshakes } = await client.call('findHandshakes', { query: { address, since } })
  output.result(handshakes, () =>
    handshakes.map((handshake) => handshakeWords(handshake, output.paint)).join('\n\n'),
  )
  if (handshakes.length > 0) return 0
  output.say(
    `No handshake from ${address} failed since ${since}. Gateways report every five seconds; a connection that never reached one is not seen`,
  )
  return 1
}
