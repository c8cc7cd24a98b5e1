import { Problem } from '@sallyport/problem'
import type { ConfiguredApp } from '../attestation/configured-app.ts'
import { readEvidenceArgument } from '../attestation/evidence-argument.ts'
import { guessFormat } from '../attestation/guess-format.ts'
import { parsedEvidence } from '../attestation/parsed-evidence.ts'
import { claimsText } from '../attestation/claims-text.ts'
import { nextWords, resultMessage, resultText } from '../attestation/result-text.ts'
import { readVerificationRequest } from '../attestation/verification-request.ts'
import { refuseForeignOptions, verifierOf, verifiers } from '../attestation/verifiers.ts'
import { verifyEvidence } from '../attestation/verify-evidence.ts'
import type { Input, Operation } from '../command.ts'
import { argument, choiceOption, textOption } from '../input.ts'
import { printable } from '../terminal/printable.ts'
import { shellWord } from '../terminal/shell.ts'

const formats = verifiers.map(({ format }) => format)

export const verifyAttestation: Operation = async (input, output) => {
  const format = choiceOption(input, 'format', formats)
  if (format === undefined) throw formatMissing('--format is missing')
  const verifier = verifierOf(format)
  refuseForeignOptions(input, verifier)
  const request = readVerificationRequest(input, await namedApp(input), Date.now())
  const file = argument(input, 0)
  const result = await verifyEvidence(verifier, () => readEvidenceArgument(file), request)
  output.result(resultMessage(result), () => resultText(result, output.paint))
  output.say(nextWords(result, shellWord(file)))
  return result.accepted ? 0 : 1
}

export const showAttestation: Operation = async (input, output) => {
  const file = await readEvidenceArgument(argument(input, 0))
  const format = choiceOption(input, 'format', formats) ?? guessFormat(file)
  if (format === undefined) throw formatMissing('What format it is does not show')
  const request = readVerificationRequest(input, undefined, Date.now())
  const { claims, fault } = await parsedEvidence(file, verifierOf(format), request)
  output.result(
    { format, claims },
    () => `${output.paint('bold', format)}\n\n${claimsText(claims)}`,
  )
  if (fault !== undefined) {
    output.say(`The rest cannot be read: ${printable(`${fault.code}, ${fault.found}`)}`)
    return 1
  }
  output.say('Nothing of it was verified: `sallyport attestation verify` does that')
  return 0
}

/** Loads the authority's part of the configuration only where it is asked for. */
async function namedApp(input: Input): Promise<ConfiguredApp | undefined> {
  const appId = textOption(input, 'app')
  if (appId === undefined) return undefined
  return (await import('../attestation/configured-app.ts')).readConfiguredApp(input, appId)
}

function formatMissing(detail: string): Problem {
  const expected = `--format with one of ${formats.join(', ')}`
  return new Problem('command_usage', { detail, expected })
}
