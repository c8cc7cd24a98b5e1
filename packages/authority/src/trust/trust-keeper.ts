import { builtInRoots, type TrustMaterial } from '@sallyport/attestation'
import type { AttestationConfig } from '../config/attestation-config.ts'
import { readDevelopmentRoots } from './development-roots.ts'
import { type TrustMaterials, trustMaterials } from './trust-material.ts'

export type TrustKeeperOptions = {
  config: AttestationConfig
  /** What paths in the configuration are relative to. */
  directory: string
}

/** Keeps what evidence is judged by: roots and status list. */
export class TrustKeeper {
  readonly #options: TrustKeeperOptions
  #materials: TrustMaterials

  /** @throws Problem `config_unreadable` where a file that the configuration names cannot be read */
  constructor(options: TrustKeeperOptions) {
    this.#options = options
    this.#materials = this.#assemble(options.config)
  }

  /**
   * What evidence is judged by now. Ask for it at each appraisal: it changes.
   *
   * @param options.development whether evidence may end at a development root: for apps with
   *   `insecureDevelopmentDevices` alone
   */
  material({ development }: { development: boolean }): TrustMaterial {
    return development ? this.#materials.development : this.#materials.production
  }

  #assemble({ android, insecureDevelopmentRoots }: AttestationConfig): TrustMaterials {
    return trustMaterials({
      android: {
        anchors: builtInRoots.google.filter(({ spkiSha256 }) =>
          android.rootKeys.includes(spkiSha256),
        ),
        statusList: undefined,
        statusListAge: {
          maxAgeMs: android.statusListMaxAgeHours * 3_600_000,
          whenTooOld: android.whenTooOld,
        },
      },
      developmentRoots: readDevelopmentRoots(this.#options.directory, insecureDevelopmentRoots),
    })
  }
}
