import type { AttestationReport } from '@sallyport/authority'
import type { Output } from '../terminal/output.ts'
import { printable } from '../terminal/printable.ts'
import { formatTable, type Row } from '../terminal/table.ts'

type Paint = Output['paint']

/** What policy costs: how many phones it refuses or would, and which. */
export function reportText(report: AttestationReport, paint: Paint): string {
  const { appId, since, until, totals, byCheck, byModel, byOsVersion, byAppVersion } = report
  const { appraised, accepted, wouldBeRefused, refused } = totals
  const heading = (text: string): string => paint('bold', text)
  const lists: readonly (readonly [string, readonly Row[]])[] = [
    ['check', byCheck.map((row) => checkRow(row, appraised))],
    ['model', byModel.map((row) => nameRow('model', row))],
    ['system', byOsVersion.map((row) => nameRow('system', row))],
    ['app version', byAppVersion.map((row) => nameRow('appVersion', row))],
  ]
  return [
    [
      heading(`${appraised} appraised from ${day(since)} to ${day(until)}, ${appId ?? 'all apps'}`),
      `  ${accepted} accepted, ${wouldBeRefused} accepted in mode shadow that enforce would refuse (${share(wouldBeRefused, appraised)}), ${refused} refused (${share(refused, appraised)})`,
      ...(report.isTruncated ? ['  There were more: the newest are counted'] : []),
    ].join('\n'),
    ...lists
      .filter(([, rows]) => rows.length > 0)
      .map(([name, rows]) => `${heading(`By ${name}`)}\n${indent(formatTable(rows))}`),
  ].join('\n\n')
}

function checkRow(
  { format, name, code, wouldBeRefused, refused }: AttestationReport['byCheck'][number],
  appraised: number,
): Row {
  const lost = wouldBeRefused + refused
  return { check: name, format, code, wouldBeRefused, refused, ofAll: share(lost, appraised) }
}

function nameRow(
  column: string,
  { name, appraised, accepted, wouldBeRefused, refused }: AttestationReport['byModel'][number],
): Row {
  const lost = share(wouldBeRefused + refused, appraised)
  return { [column]: name ?? 'unknown', appraised, accepted, wouldBeRefused, refused, lost }
}

function share(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)} %`
}

/** What to do with a report. */
export function reportAdvice({ totals, byCheck }: AttestationReport): string {
  const [worst] = byCheck
  if (totals.appraised === 0) return 'No phone has enrolled or renewed in this time'
  if (worst === undefined)
    return 'Policy costs no phone: where enrollment.mode is shadow, enforce would cost none either'
  return `Most is lost to ${printable(worst.name)} (${printable(worst.code)}): docs/guide/attestation-refusals.md says what it means, and which phones fail it honestly`
}

function day(time: string): string {
  return time.slice(0, 10)
}

function indent(text: string): string {
  return text.replace(/^/gm, '  ')
}
