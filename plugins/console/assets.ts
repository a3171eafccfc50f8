import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import files from '@fastify/static'
import type { FastifyInstance } from 'fastify'

const own = join(import.meta.dirname, 'assets')
const htmx = createRequire(import.meta.url).resolve('htmx.org/dist/htmx.min.js')

const FILES = {
  css: join(own, 'console.css'),
  js: join(own, 'console.js'),
  icon: join(own, 'icon.svg'),
  htmx,
}

type Asset = keyof typeof FILES

const nameOf = (asset: Asset): string => FILES[asset].split('/').at(-1) ?? asset

/** With a digest of the content, so that browsers keep a file until it is another. */
export const assetUrls = Object.fromEntries(
  Object.entries(FILES).map(([asset, path]) => [
    asset,
    `/console/assets/${nameOf(asset as Asset)}?v=${createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 12)}`,
  ]),
) as Record<Asset, string>

const KEPT = { 'cache-control': 'public, max-age=31536000, immutable' }

/** The few files that pages load. */
export const assetRoutes = async (app: FastifyInstance): Promise<void> => {
  await app.register(files, { root: own, serve: false, cacheControl: false })
  for (const asset of Object.keys(FILES) as Asset[]) {
    const folder = FILES[asset].slice(0, -nameOf(asset).length)
    app.get(`/assets/${nameOf(asset)}`, { schema: { hide: true } as object }, (_, reply) =>
      reply.headers(KEPT).sendFile(nameOf(asset), folder),
    )
  }
}
