const auth = require('./auth.js')
const settings = require('./settings.js')

/**
 * The lasting address of the picture at `path`, a temporary file on this phone that nobody else can read.
 *
 * The address below takes uploads from anybody, which will do to try things. A real mini program asks its own server
 * through `auth.request` for an address that serves one upload, and uploads to that.
 *
 * @param {string} path
 * @returns {Promise<string>}
 */
function uploaded(path) {
  return new Promise((resolve, reject) => {
    wx.uploadFile({
      url: settings.avatarUploadUrl,
      filePath: path,
      name: 'file',
      success: answer => {
        try {
          resolve(JSON.parse(answer.data).url)
        } catch (error) {
          reject(error)
        }
      },
      fail: reject
    })
  })
}

/**
 * Stores the picture as the signed-in person's avatar.
 *
 * @param {string} path
 */
async function storeAvatar(path) {
  return auth.updateProfile({ avatarUrl: await uploaded(path) })
}

module.exports = { storeAvatar }
