import type { ShadowReport } from '@sallyport/authority'
import type { Output } from '../terminal/output.ts'
import { printable } from '../terminal/printable.ts'
import { formatTable, type Row } from '../terminal/table.ts'

type Share = ShadowReport['reasons'][number]['wouldBeRefused']

/** What enforcing would cost: by route and reason, and by version of the app within. */
export function shadowText(report: ShadowReport, paint: Output['paint']): string {
  const { since, until, reasons, isTruncated } = report
  const total = reasons.reduce((sum, { wouldBeRefused }) => sum + wouldBeRefused.requests, 0)
  return [
    [
      paint('bold', `${total} refusals in shadow from ${minute(since)} to ${minute(until)}`),
      ...(isTruncated ? ['  There were more: the newest are counted'] : []),
    ].join('\n'),
    ...reasons.map(({ host, route, stage, code, wouldBeRefused, byAppVersion }) => {
      const where = `${printable(host)} ${printable(route === '' ? '(no route)' : route)}`
      const heading = paint('bold', `${where}: ${printable(stage)} ${printable(code)}`)
      const rows = [
        { app: 'all', ...shares(wouldBeRefused) },
        ...byAppVersion.map(
          (version): Row => ({
            app: nameOf(version),
            ...shares(version.wouldBeRefused),
          }),
        ),
      ]
      return `${heading}\n${formatTable(rows).replace(/^/gm, '  ')}`
    }),
  ].join('\n\n')
}

/** What to do with a report. */
export function shadowAdvice({ reasons }: ShadowReport): string {
  const [worst] = reasons
  if (worst === undefined) {
    return 'No stage in mode shadow would have refused anything: where requests came, enforce costs nobody'
  }
  return `Most is lost to ${printable(worst.code)}: docs/guide/modes.md says how to go on from here`
}

function nameOf({
  appId,
  platform,
  appVersion,
}: ShadowReport['reasons'][number]['byAppVersion'][number]): string {
  return appId === '' ? 'no device' : [appId, platform, appVersion].filter(Boolean).join(' ')
}

function shares({ requests, ofRequests, devices, ofDevices }: Share): Row {
  return {
    requests,
    ofAll: share(requests, ofRequests),
    devices: devices === 0 ? '–' : `about ${devices}`,
    ofDevices: share(devices, ofDevices),
  }
}

function share(part: number, whole: number | null): string {
  return whole === null || whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`
}

function minute(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')} UTC`
}
