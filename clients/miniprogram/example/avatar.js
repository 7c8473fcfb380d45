const auth = require('./auth.js')
const settings = require('./settings.js')

/**
 * Uploads the picture at `path`, a temporary file on this phone that nobody else can read, and stores its lasting address
 * as the signed-in person's avatar.
 *
 * The server that keeps pictures asks weapp-login whose the token is, as any server of yours does.
 *
 * @param {string} path
 */
async function storeAvatar(path) {
  const answer = await auth.upload({ url: settings.avatarUploadUrl, filePath: path, name: 'file' })
  if (answer.statusCode !== 200) throw new Error('upload: status ' + answer.statusCode)
  return auth.updateProfile({ avatarUrl: JSON.parse(answer.data).url })
}

module.exports = { storeAvatar }
