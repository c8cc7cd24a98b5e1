import { configuredClient } from '../admin/configured-client.ts'
import type { Operation } from '../command.ts'
import { numberOption, textOption } from '../input.ts'
import { shadowAdvice, shadowText } from '../gateway/shadow-text.ts'

export const reportShadow: Operation = async (input, output) => {
  const query = {
    hours: numberOption(input, 'hours', { least: 1, most: 720 }),
    route: textOption(input, 'route'),
    stage: textOption(input, 'stage'),
    appId: textOption(input, 'app'),
    top: numberOption(input, 'top', { least: 1, most: 1_000 }),
  }
  const report = await configuredClient(input).call('getShadowReport', { query })
  output.result(report, () => shadowText(report, output.paint))
  output.say(shadowAdvice(report))
  return 0
}
