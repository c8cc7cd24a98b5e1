import type { Platform } from '@sallyport/wire'
import type { AppConfig } from '../config/app-config.ts'

/** A format that comes beside evidence. */
type Signal = {
  /** Whether a phone can bring it. What its evidence is says more than what it calls itself. */
  isAskedOf(phone: { platform: Platform; evidenceFormat: string | undefined }): boolean
  modeOf(app: AppConfig): 'enforce' | 'shadow'
}

/** By the name of the format. */
export const signals: Readonly<Record<string, Signal>> = {
  'play-integrity': {
    isAskedOf: ({ platform, evidenceFormat }) =>
      evidenceFormat === 'android-key' || (evidenceFormat === undefined && platform === 'android'),
    modeOf: ({ android }) => android?.playIntegrity?.mode ?? 'enforce',
  },
}
