-- SPDX-License-Identifier: MIT
-- The pages' links to files and folders of the project lead somewhere.

local pages = { "README.md", ".github/pull_request_template.md" }
for _, folder in ipairs { "docs", ".github/ISSUE_TEMPLATE" } do
  for name in io.popen("ls " .. folder .. "/*.md"):lines() do pages[#pages + 1] = name end
end

describe("links of", function()
  for _, page in ipairs(pages) do
    it(page, function()
      local file = assert(io.open(page))
      local folder = page:match "^.*/" or ""
      for target in file:read "a":gsub("```.-```", ""):gmatch "%]%(([^)#%s]+)" do
        if not target:match "^%a+:" then assert.is_truthy(io.open(folder .. target), page .. " -> " .. target) end
      end
      file:close()
    end)
  end
end)
