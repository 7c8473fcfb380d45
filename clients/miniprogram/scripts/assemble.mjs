// Joins what tsc made of src/ into one file, once as an ES module and once as CommonJS. One file because a mini program
// resolves, wraps and counts every file it ships, and because a page can load it as it is.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const IMPORT = /^import \{[^}]*\} from '\.\/([\w-]+)\.js';$/gm
const REEXPORT = /^export \{ ([^}]*) \} from '\.\/([\w-]+)\.js';$/gm

/** The text of both builds, from the folder that holds tsc's output. */
export function assembled(build) {
  const entry = readFileSync(join(build, 'index.js'), 'utf8')
  const names = [...entry.matchAll(REEXPORT)].flatMap(([, list]) => list.split(', '))
  const parts = []
  const seen = new Set()
  const add = name => {
    if (seen.has(name)) return
    seen.add(name)
    const text = readFileSync(join(build, name + '.js'), 'utf8')
    for (const [, imported] of text.matchAll(IMPORT)) add(imported)
    const body = text.replace(IMPORT, '').replace(/^export (?=(async )?(function|class|const) )/gm, '').trim()
    if (/^(import|export)\b(?! \{\};$)/m.test(body)) throw new Error(name + '.ts uses a form of import or export that cannot be joined')
    const code = body.replace(/^export \{\};$/m, '').trim()
    if (code !== '') parts.push('// ' + name + '\n' + code)
  }
  for (const [, , name] of entry.matchAll(REEXPORT)) add(name)
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
  const head = `/*! weapp-login-client ${version}, MIT OR Apache-2.0. Built from src/ by npm run build. */\n`
  const body = parts.join('\n\n') + '\n\n'
  return {
    esm: head + body + `export { ${names.join(', ')} };\n`,
    cjs: head + "'use strict';\n\n" + body + names.map(name => `exports.${name} = ${name};\n`).join('')
  }
}

/** Where the builds go: what the package ships, and the example's own copy, which needs no install. */
export const places = {
  'miniprogram_dist/index.js': 'cjs',
  'dist/index.mjs': 'esm',
  'example/miniprogram_npm/weapp-login-client/index.js': 'cjs'
}

if (process.argv[1] && import.meta.url === pathToFileURL(resolve(process.argv[1])).href) {
  const texts = assembled(join(root, 'build'))
  // A test run writes only what is not committed, so that a committed copy left behind the sources is found.
  const written = process.argv.includes('--uncommitted') ? ['miniprogram_dist/index.js'] : Object.keys(places)
  for (const place of written) {
    mkdirSync(join(root, dirname(place)), { recursive: true })
    writeFileSync(join(root, place), texts[places[place]])
  }
}
