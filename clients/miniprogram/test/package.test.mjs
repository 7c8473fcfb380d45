import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import vm from 'node:vm'
import { assembled, places } from '../scripts/assemble.mjs'
import { root, startWorld } from './world.mjs'

/** Packs the package and unpacks it again: the folder that `npm install` would make. */
function installed(t) {
  const folder = mkdtempSync(join(tmpdir(), 'weapp-login-package-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const options = { cwd: root, stdio: ['ignore', 'pipe', 'ignore'] }
  const [{ filename }] = JSON.parse(execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], options))
  execFileSync('tar', ['-xzf', join(folder, filename), '-C', folder])
  return join(folder, 'package')
}

/** `require` as a mini program has it: relative files and the packages in miniprogram_npm, no Node. */
function miniProgramRequire(projectRoot, globals) {
  const context = vm.createContext(globals)
  const modules = new Map()
  const load = path => {
    if (!modules.has(path)) {
      const module = { exports: {} }
      modules.set(path, module)
      const source = `(function (require, module, exports) {${readFileSync(path, 'utf8')}\n})`
      const required = name => load(name.startsWith('.')
        ? join(dirname(path), name)
        : join(projectRoot, 'miniprogram_npm', name, 'index.js'))
      vm.runInContext(source, context, { filename: path })(required, module, module.exports)
    }
    return modules.get(path).exports
  }
  return load
}

test('the packed package signs in where the developer tools put it', async t => {
  const world = await startWorld(t)
  const phone = world.phone()
  const packed = installed(t)
  const { name, miniprogram, dependencies } = JSON.parse(readFileSync(join(packed, 'package.json'), 'utf8'))
  const project = join(packed, '..', 'project')
  cpSync(join(packed, miniprogram), join(project, 'miniprogram_npm', name), { recursive: true })
  const load = miniProgramRequire(project, { wx: phone.wx, setTimeout, clearTimeout })

  const { createWeappLogin } = load(join(project, 'miniprogram_npm', name, 'index.js'))
  const auth = createWeappLogin({ baseUrl: world.url })
  const user = await auth.login()

  assert.equal(dependencies, undefined)
  assert.deepEqual(phone.steps, ['login', 'POST /v1/login', 'getUserInfo', 'POST /v1/register'])
  assert.equal(auth.user.id, user.id)
})

test('the packed package holds both builds and the types, and nothing of the workshop', async t => {
  const packed = installed(t)
  const manifest = JSON.parse(readFileSync(join(packed, 'package.json'), 'utf8'))

  const files = readdirSync(packed, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath || entry.path, entry.name).slice(packed.length + 1))

  const texts = ['README.md', 'LICENSE-MIT', 'LICENSE-APACHE']
  for (const named of [...texts, manifest.main, manifest.module, manifest.types, manifest.exports['.'].import.types.slice(2),
    ...Object.values(manifest.exports['./testing']).map(path => path.slice(2))]) {
    assert.ok(files.includes(named), named)
  }
  assert.deepEqual(files.filter(file => /^(src|test|example|bench|scripts|build)\b/.test(file)), [])
})

test('the packed package loads in Node by import and by require', async t => {
  const packed = installed(t)
  const script = 'console.log(typeof createWeappLogin)'
  const cwd = join(packed, '..')
  cpSync(packed, join(cwd, 'node_modules/weapp-login-client'), { recursive: true })

  const imported = execFileSync(process.execPath,
    ['--input-type=module', '-e', `import { createWeappLogin } from 'weapp-login-client'; ${script}`], { cwd })
  const required = execFileSync(process.execPath,
    ['-e', `const { createWeappLogin } = require('weapp-login-client'); ${script}`], { cwd })

  assert.deepEqual([String(imported), String(required)], ['function\n', 'function\n'])
})

test('the packed package brings the phone that its own tests use', async t => {
  const packed = installed(t)
  const cwd = join(packed, '..')
  cpSync(packed, join(cwd, 'node_modules/weapp-login-client'), { recursive: true })

  const script = "import { createPhone } from 'weapp-login-client/testing'; console.log(typeof createPhone)"
  const imported = execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd })

  assert.equal(String(imported), 'function\n')
})

test('the committed builds are what the sources give', t => {
  const folder = mkdtempSync(join(tmpdir(), 'weapp-login-build-'))
  t.after(() => rmSync(folder, { recursive: true, force: true }))
  const compiler = join(root, 'node_modules/typescript/bin/tsc')
  execFileSync(process.execPath, [compiler, '--outDir', folder, '--declaration', 'false', '--declarationDir', 'null'], { cwd: root })

  const texts = assembled(folder)

  for (const place of Object.keys(places)) assert.equal(readFileSync(join(root, place), 'utf8'), texts[places[place]], place)
})

test('the build is a file that base libraries of 2018 can read', () => {
  const source = readFileSync(join(root, 'miniprogram_dist/index.js'), 'utf8')

  const younger = /\?\.[a-z[(]|\?\?|\bglobalThis\b|\.finally\(|\.flatMap\(|\.matchAll\(|catch \{|Object\.fromEntries|\bURL\b\(|\bimport\b \{/

  assert.doesNotMatch(source.replace(/\/\*[^]*?\*\/|\/\/.*$/gm, ''), younger)
})
