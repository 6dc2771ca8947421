// Property tests draw from one seed, so that a run is red for what changed and not by luck. `ESPALIER_SEED=$RANDOM` looks further.
import fc from 'fast-check'

fc.configureGlobal({ seed: Number(process.env.ESPALIER_SEED ?? 20261122) })
