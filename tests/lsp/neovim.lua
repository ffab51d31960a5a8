-- Opens the file of $FILE with the settings of $SNIPPET, as a user's Neovim would: says what is wrong
-- with it, applies the first preferred quick fix, saves with fix-on-save, and says what is left.

local function await(what, is_done)
  assert(vim.wait(60000, is_done, 20), "waited in vain for " .. what)
end

local function say(name, value)
  io.stdout:write(name .. "=" .. vim.json.encode(value) .. "\n")
end

local function shown()
  local codes = {}
  for _, diagnostic in ipairs(vim.diagnostic.get(0)) do
    table.insert(codes, diagnostic.code or diagnostic.user_data.lsp.code)
  end
  table.sort(codes)
  return codes
end

local received = 0
local publish = vim.lsp.handlers["textDocument/publishDiagnostics"]
vim.lsp.handlers["textDocument/publishDiagnostics"] = function(...)
  received = received + 1
  return publish(...)
end

local client_id
local configured
if not vim.lsp.enable then -- Neovim before 0.11
  vim.lsp.config = function(_, settings) configured = settings end
  vim.lsp.enable = function(name)
    vim.api.nvim_create_autocmd("FileType", {
      pattern = configured.filetypes,
      callback = function(event)
        local id = vim.lsp.start_client({ name = name, cmd = configured.cmd, root_dir = vim.env.ROOT })
        vim.lsp.buf_attach_client(event.buf, id)
      end,
    })
  end
end
dofile(vim.env.SNIPPET)

vim.cmd("edit " .. vim.env.FILE)
vim.bo.filetype = "python"
await("the server", function()
  for _, client in pairs(vim.lsp.get_active_clients()) do
    client_id = client.id
  end
  return client_id ~= nil
end)
await("diagnostics", function() return received > 0 end)
say("opened", shown())

local function actions(range, only)
  local params = {
    textDocument = vim.lsp.util.make_text_document_params(),
    range = range,
    context = { diagnostics = {}, only = only },
  }
  local answers = vim.lsp.buf_request_sync(0, "textDocument/codeAction", params, 60000)
  return answers[client_id].result
end

local function apply(action)
  local client = vim.lsp.get_client_by_id(client_id)
  vim.lsp.util.apply_workspace_edit(action.edit, client.offset_encoding)
end

for _, diagnostic in ipairs(vim.diagnostic.get(0)) do
  local place = { line = diagnostic.lnum, character = diagnostic.col }
  local preferred = vim.tbl_filter(function(action)
    return action.isPreferred
  end, actions({ start = place, ["end"] = place }, { "quickfix" }))
  if preferred[1] then
    say("fixed", preferred[1].title)
    received = 0
    apply(preferred[1])
    await("diagnostics after the fix", function() return received > 0 end)
    break
  end
end
say("after", shown())

received = 0
vim.cmd("write")
await("diagnostics after saving", function() return received > 0 end)
say("saved", shown())
vim.cmd("qall!")
