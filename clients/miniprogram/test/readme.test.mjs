import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root } from './world.mjs'

const readme = readFileSync(join(root, 'README.md'), 'utf8')
const chinese = readFileSync(join(root, 'README.zh-CN.md'), 'utf8')
const sources = readdirSync(join(root, 'test')).filter(file => file.endsWith('.test.mjs'))
  .map(file => readFileSync(join(root, 'test', file), 'utf8'))

/** Names of tests, those made in a loop from `what` among them. */
function namesOfTests() {
  return sources.flatMap(source => {
    const plain = [...source.matchAll(/^ *test\('((?:[^'\\]|\\.)+)'/gm)].map(([, name]) => name.replace(/\\'/g, "'"))
    const variants = [...source.matchAll(/^  \['((?:[^'\\]|\\.)+)', /gm)].map(([, what]) => what.replace(/\\'/g, "'"))
    const patterned = [...source.matchAll(/^ *test\(`([^`]+)`/gm)]
      .flatMap(([, pattern]) => variants.map(what => pattern.replace('${what}', what)))
    return [...plain, ...patterned]
  })
}

test('every row of the behaviour table is a test, and every test is named once', () => {
  const table = readme.slice(readme.indexOf('| fault | the person sees | test |'))
  const rows = [...table.matchAll(/^\| [^|]+ \| [^|]+ \| `([^`|]+)` \|$/gm)].map(([, name]) => name)
  const names = namesOfTests()

  const missing = rows.filter(name => !names.includes(name))

  assert.deepEqual(missing, [])
  assert.equal(new Set(rows).size, rows.length)
  assert.equal(new Set(names).size, names.length)
  assert.ok(rows.length > 60)
})

test('every test about a fault has its row in the behaviour table', () => {
  const faults = readdirSync(join(root, 'test')).filter(file => /^faults-of-.*\.test\.mjs$/.test(file))
    .flatMap(file => [...readFileSync(join(root, 'test', file), 'utf8').matchAll(/^test\('((?:[^'\\]|\\.)+)'/gm)])
    .map(([, name]) => name.replace(/\\'/g, "'"))

  const missing = faults.filter(name => !readme.includes(`| \`${name}\` |`))

  assert.deepEqual(missing, [])
})

test('every code of the client\'s own is explained', () => {
  const source = readFileSync(join(root, 'src/errors.ts'), 'utf8')
  const codes = [...source.matchAll(/^  \| '(\w+)'/gm)].map(([, code]) => code)

  const section = readme.slice(readme.indexOf('## Errors'), readme.indexOf('## What the person sees'))

  assert.equal(codes.length, 13)
  for (const code of codes) assert.ok(section.includes(`\`${code}\``), code)
})

test('every option is explained with its default', () => {
  const source = readFileSync(join(root, 'src/client.ts'), 'utf8')
  const options = /interface WeappLoginOptions \{([^]*?)\n\}/.exec(source)[1]
  const names = [...options.matchAll(/^  (\w+)\??:/gm)].map(([, name]) => name)

  for (const name of names) assert.match(readme, new RegExp(`^\\| \`${name}\` \\| .+ \\| .+ \\|$`, 'm'))
  for (const [name, value] of [['timeout', 15000], ['retries', 4], ['retryDelay', 500], ['maxWait', 10000]]) {
    assert.match(source, new RegExp(`given\\(options\\.${name}, ${value}\\)`))
    assert.match(readme, new RegExp(`^\\| \`${name}\` \\| .+ \\| ${value} \\|$`, 'm'))
  }
})

test('both languages have the same sections, the same rows in their tables and the same code', () => {
  const outline = text => ({
    sections: [...text.matchAll(/^#+ /gm)].map(([level]) => level),
    rows: [...text.matchAll(/^\| (`\w+`|`\w+\(options\)`) \|/gm)].map(([, name]) => name),
    tests: [...text.matchAll(/\| `([^`|]+)` \|$/gm)].map(([, name]) => name),
    recipes: [...text.matchAll(/^```js recipe=[^]*?^```$/gm)].map(([code]) => code),
    defaults: [...text.matchAll(/^\| `\w+` \| [^|]+ \| (\d+) \|$/gm)].map(([, value]) => value),
    figures: [...text.matchAll(/[\d,]+ (?:of|\/) 10,000 ?\([\d.]+ %\)/g)].map(([figure]) => figure.replace('/', 'of'))
  })

  assert.deepEqual(outline(chinese), outline(readme))
  assert.ok(outline(readme).rows.length > 30)
})

test('every reason of a refusal is explained', () => {
  const source = readFileSync(join(root, 'src/errors.ts'), 'utf8')
  const [, union] = /type DeniedReason = (.*)/.exec(source)
  const reasons = [...union.matchAll(/'(\w+)'/g)].map(([, reason]) => reason)

  for (const reason of reasons) assert.match(readme, new RegExp(`^\\| \`${reason}\` \\|`, 'm'))
  assert.equal(reasons.length, 4)
})
