import type { ShadowReport } from '@sallyport/authority'
import { configuredClient } from '../admin/configured-client.ts'
import type { Operation } from '../command.ts'
import { numberOption, textOption } from '../input.ts'
import { shadowAdvice, shadowText } from '../gateway/shadow-text.ts'

export const reportShadow: Operation = async (input, output) => {
  const report = await configuredClient(input).get<ShadowReport>('/admin/v1/shadow/report', {
    hours: numberOption(input, 'hours', { least: 1, most: 720 }),
    route: textOption(input, 'route'),
    stage: textOption(input, 'stage'),
    appId: textOption(input, 'app'),
    top: numberOption(input, 'top', { least: 1, most: 1_000 }),
  })
  output.result(report, () => shadowText(report, output.paint))
  output.say(shadowAdvice(report))
  return 0
}
