-- SPDX-License-Identifier: MIT
local columns = require "phosphene.base.columns"
local printable = require "phosphene.base.printable"

describe("what is printed of files", function()
  it("holds no control characters, and is UTF-8", function()
    local texts = {
      ["plain é 漢 text\n\tand more"] = "plain é 漢 text\n\tand more",
      ["\27[31mred\7\r"] = "\\x1B[31mred\\x07\\x0D",
      ["a\0b\127"] = "a\\x00b\\x7F",
      ["\u{9b}31m"] = "\\xC2\\x9B31m", -- the same command in one character
      ["abc\u{202e}cba"] = "abc\\xE2\\x80\\xAEcba",
      ["\xFFé\xC3"] = "\\xFFé\\xC3",
      [""] = "",
    }
    for text, expected in pairs(texts) do assert.equal(expected, printable(text)) end
  end)

  it("is cut by characters", function()
    assert.equal("äöüß", printable("äöüß", 4))
    assert.equal("äöü…", printable("äöüßx", 4))
    assert.equal("abc", printable("abc", 3))
    assert.equal("ab…", printable("abcd", 3))
  end)

  it("is so in tables", function()
    assert.equal("a\\x1B[2J b  1", columns { { "a\27[2J\nb", "1" } })
  end)
end)
