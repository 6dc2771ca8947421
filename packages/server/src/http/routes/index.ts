import type { Route } from '../route.ts'
import { getAccount } from './accounts.ts'
import { backup } from './backup.ts'
import { getItem, listItems, putItems, removeItem } from './catalog.ts'
import { getCollisions } from './collisions.ts'
import { decide } from './decide.ts'
import { definitionRoutes } from './definition.ts'
import { getDefinitions, postDefinitions } from './definitions.ts'
import { doctor } from './doctor.ts'
import { eraseProfile, getErasure, listErasures } from './erasures.ts'
import { evidence } from './evidence.ts'
import { exportProfile } from './export.ts'
import { live, ready } from './health.ts'
import { getIdentity, postRejoin, postUnmerge } from './identity.ts'
import { identitySecret } from './identitySecret.ts'
import { impact } from './impact.ts'
import { importRoute } from './import.ts'
import { listKeys, makeKey, revokeKey } from './keys.ts'
import { getLibrary } from './library.ts'
import { makeLink } from './links.ts'
import { metricsRoute } from './metrics.ts'
import { getModel, postModel } from './model.ts'
import { closeRoutes, getNext, getNextRecord, postNext } from './next.ts'
import { redeemOffer } from './offers.ts'
import { evaluateFlag, evaluateFlags } from './ofrep.ts'
import { openApiRoute } from './openapi.ts'
import { getProfile, getProfileEvents } from './profiles.ts'
import { programme } from './programme.ts'
import { getQuotes } from './quotes.ts'
import { putRates } from './rates.ts'
import { previewSegment } from './segmentPreview.ts'
import { getMembers, getSegment } from './segments.ts'
import { putSpend } from './spend.ts'
import { summary } from './summary.ts'
import { trackRoutes } from './track.ts'
import { acceptWarehouse } from './warehouse.ts'
import { whatIf } from './whatIf.ts'
import { makeWorkspaceRoute } from './workspaces.ts'

/** Every endpoint. */
export const routes: readonly Route[] = [
  ...trackRoutes,
  importRoute,
  decide,
  evaluateFlags,
  evaluateFlag,
  redeemOffer,
  getQuotes,
  makeLink,
  getDefinitions,
  postDefinitions,
  getCollisions,
  ...definitionRoutes,
  getLibrary,
  getSegment,
  previewSegment,
  getMembers,
  impact,
  evidence,
  programme,
  getModel,
  postModel,
  whatIf,
  getNext,
  postNext,
  getNextRecord,
  ...closeRoutes,
  summary,
  getProfile,
  getProfileEvents,
  getAccount,
  exportProfile,
  eraseProfile,
  listErasures,
  getErasure,
  getIdentity,
  postUnmerge,
  postRejoin,
  putItems,
  listItems,
  getItem,
  removeItem,
  putRates,
  putSpend,
  listKeys,
  makeKey,
  revokeKey,
  identitySecret,
  makeWorkspaceRoute,
  backup,
  acceptWarehouse,
  doctor,
  live,
  ready,
  metricsRoute,
  openApiRoute(() => routes),
]
