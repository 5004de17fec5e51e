module lacre

go 1.19
