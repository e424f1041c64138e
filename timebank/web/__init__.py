"""What pages share: the mark that says who may see them, forms, refusals as pages, headers, words
for the templates."""
